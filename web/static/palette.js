// Ctrl-K goes anywhere: it asks /api/v1/go for what is typed, arrows choose, Enter goes. Without it the page /go does the same.

const dialog = document.createElement("dialog");
dialog.className = "palette";
dialog.setAttribute("aria-label", "Go to");
const input = document.createElement("input");
Object.assign(input, { type: "search", autocomplete: "off", spellcheck: false, placeholder: "a page, an action, a source, a dataset, a field, a request" });
for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": "Go to" })) input.setAttribute(name, value);
const list = document.createElement("ul");
Object.assign(list, { id: "palette-list", className: "goals" });
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Where to");
const said = document.createElement("p");
said.className = "quiet";
said.setAttribute("role", "status");
dialog.append(input, list, said);
document.body.append(dialog);

let at = 0, asked = 0, waits = 0;

function choose(n) {
	const all = [...list.children];
	at = Math.max(0, Math.min(n, all.length - 1));
	all.forEach((e, i) => e.setAttribute("aria-selected", String(i === at)));
	input.setAttribute("aria-activedescendant", all[at]?.id ?? "");
	all[at]?.scrollIntoView({ block: "nearest" });
}

function item(goal, i) {
	const li = document.createElement("li"), kind = document.createElement("span"), text = document.createElement("b"), detail = document.createElement("small");
	li.id = "palette-" + i;
	li.setAttribute("role", "option");
	Object.assign(kind, { className: "tag", textContent: goal.kind });
	text.textContent = goal.text;
	detail.textContent = goal.detail ?? "";
	li.dataset.href = goal.href;
	li.addEventListener("click", () => go(li));
	li.append(kind, " ", text, " ", detail);
	return li;
}

function go(li) {
	const to = li?.dataset.href ?? "";
	if (to.startsWith("/") && !to.startsWith("//")) location.assign(to);
}

async function ask() {
	const mine = ++asked;
	const answer = await fetch("/api/v1/go?q=" + encodeURIComponent(input.value), { headers: { Accept: "application/json" } }).catch(() => undefined);
	if (mine !== asked) return;
	const goals = answer?.ok ? (await answer.json()).items ?? [] : [];
	if (mine !== asked) return;
	list.replaceChildren(...goals.map(item));
	said.textContent = answer?.ok ? (goals.length ? "" : "Nothing is called so.") : "The server does not answer.";
	choose(0);
}

input.addEventListener("input", () => { clearTimeout(waits); waits = setTimeout(ask, 80); });
input.addEventListener("keydown", async (e) => {
	const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[e.key];
	if (move) { e.preventDefault(); choose(at + move); }
	if (e.key === "Enter") {
		e.preventDefault();
		if (waits) { clearTimeout(waits); waits = 0; await ask(); }
		go(list.children[at]);
	}
});
dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
document.addEventListener("keydown", (e) => {
	if (e.key.toLowerCase() !== "k" || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey) return;
	e.preventDefault();
	if (dialog.open) { dialog.close(); return; }
	document.querySelector("dialog[open]")?.close();
	input.value = "";
	dialog.showModal();
	input.focus();
	ask();
});
