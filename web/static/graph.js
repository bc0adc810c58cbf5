// Walks a picture by keyboard: arrows go along its lines, + and - zoom, f fits, t goes to the same as text. Without it boxes are links in order.

const svg = document.querySelector("svg.lineage");
const scroll = svg?.closest(".scroll");
const boxes = svg ? [...svg.querySelectorAll("[data-box]")] : [];
const lines = svg ? [...svg.querySelectorAll("[data-from]")].map((l) => [Number(l.dataset.from), Number(l.dataset.to)]) : [];
const full = svg ? { width: svg.width.baseVal.value, height: svg.height.baseVal.value } : undefined;
let scale = 1;

function place(i) {
	const r = boxes[i].querySelector("rect");
	return { x: r.x.baseVal.value, y: r.y.baseVal.value };
}

function zoom(to) {
	scale = Math.min(3, Math.max(0.2, to));
	svg.setAttribute("width", full.width * scale);
	svg.setAttribute("height", full.height * scale);
}

// nearest gives, of some boxes, the one whose height is nearest to that of another.
const nearest = (i, some) => some.sort((a, b) => Math.abs(place(a).y - place(i).y) - Math.abs(place(b).y - place(i).y))[0];

function next(i, key) {
	const { x, y } = place(i);
	switch (key) {
	case "ArrowRight": return nearest(i, lines.filter(([from]) => from === i).map(([, to]) => to));
	case "ArrowLeft": return nearest(i, lines.filter(([, to]) => to === i).map(([from]) => from));
	}
	const column = boxes.map((_, k) => k).filter((k) => k !== i && Math.abs(place(k).x - x) < 4);
	return key === "ArrowDown" ? nearest(i, column.filter((k) => place(k).y > y)) : nearest(i, column.filter((k) => place(k).y < y));
}

svg?.addEventListener("keydown", (e) => {
	const box = e.target.closest?.("[data-box]");
	if (!box || !e.key.startsWith("Arrow") || e.ctrlKey || e.metaKey || e.altKey) return;
	e.preventDefault();
	boxes[next(Number(box.dataset.box), e.key)]?.focus();
});

document.addEventListener("keydown", (e) => {
	if (!svg || e.ctrlKey || e.metaKey || e.altKey || e.target.matches?.("input, select, textarea")) return;
	const act = { "+": () => zoom(scale * 1.25), "=": () => zoom(scale * 1.25), "-": () => zoom(scale / 1.25), f: () => zoom(Math.min(1, scroll.clientWidth / full.width)), t: () => document.getElementById("text")?.focus() }[e.key];
	if (act) { e.preventDefault(); act(); }
});
document.documentElement.dataset.graph = "ready";
