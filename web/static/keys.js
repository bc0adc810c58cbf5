// Goes where the keys of every page lead: / to the search, g and a letter to a part of the catalog, j and k through the rows of a list, o opens
// one, ? shows all of them. Pages work without it; "Keys" at the foot of the navigation turns it off.

const places = { i: "/", c: "/browse", r: "/review", s: "/search", l: "/lineage", a: "/alerts", q: "/requests", p: "/reports" };
const off = () => document.documentElement.classList.contains("nokeys");
const help = document.getElementById("keyhelp");
let going = 0;

const rows = () => [...document.querySelectorAll("main .grid tbody tr")].filter((r) => r.querySelector("a") && r.offsetParent);

function walk(by) {
	const all = rows();
	const at = all.indexOf(document.activeElement?.closest("tr"));
	const row = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
	if (row) row.querySelector("a").focus();
	else if (by > 0 && at >= 0) document.querySelector(".pager a:last-child")?.focus();
}

document.addEventListener("keydown", (e) => {
	if (off() || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || e.target.matches?.("input, select, textarea")) return;
	if (going && Date.now() - going < 1500) {
		going = 0;
		if (places[e.key]) { e.preventDefault(); location.assign(places[e.key]); }
		return;
	}
	const review = document.documentElement.dataset.review;
	const act = {
		"/": () => (document.getElementById("q") ?? document.getElementById("qq"))?.focus(),
		g: () => { going = Date.now(); },
		"?": () => (help?.open ? help.close() : help?.showModal()),
		j: () => !review && walk(1), k: () => !review && walk(-1),
		"[": () => document.querySelector(".pager a")?.click(), "]": () => document.querySelector(".pager a:last-child")?.click(),
	}[e.key];
	if (act && act() !== false) e.preventDefault();
});
