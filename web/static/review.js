// The queue of decisions by keyboard: a letter decides, the next field stands there at once, and what the server says is looked at behind it.
// Without this script the same page works by its links and forms; nothing here knows more than they do.

const policy = globalThis.trustedTypes?.createPolicy("app", { createHTML: (text) => text });
const html = (text) => (policy ? policy.createHTML(text) : text);

const review = document.querySelector(".review");
const pane = document.getElementById("pane");
const bar = document.getElementById("undo");
const rows = [...document.querySelectorAll("#fields > li")];
const may = Boolean(pane?.querySelector(".decide"));
const ahead = new Map(); // the panes of fields, fetched before they are needed
const last = []; // batches, the newest at the end: each with its row
const begun = performance.now();
let at = Math.max(0, rows.findIndex((row) => row.classList.contains("on")));
let waitsForReason = false;
let decided = 0;

const open = (row) => !row.classList.contains("done");
const left = () => rows.filter(open).length;

/** fetches the pane of a row, once. */
function paneOf(row) {
	const key = row.dataset.at;
	if (!ahead.has(key)) {
		ahead.set(key, fetch("/review/evidence?at=" + encodeURIComponent(key)).then((answer) => (answer.ok ? answer.text() : "")).catch(() => ""));
	}
	return ahead.get(key);
}

/** shows a row, and fetches the three behind it. */
async function show(index, focus = true) {
	at = index;
	waitsForReason = false;
	rows.forEach((row, i) => {
		row.classList.toggle("on", i === at);
		const link = row.firstElementChild;
		if (i === at) link.setAttribute("aria-current", "true");
		else link.removeAttribute("aria-current");
	});
	const row = rows[at];
	if (!row) return;
	row.scrollIntoView({ block: "nearest" });
	if (focus) row.firstElementChild.focus({ preventScroll: true });
	for (const next of rows.slice(at + 1, at + 4)) paneOf(next);
	const text = await paneOf(row);
	if (rows[at] === row && text) pane.innerHTML = html(text);
}

const move = (by) => rows.length && show(Math.min(rows.length - 1, Math.max(0, at + by)));

/** goes to the next field that is not decided, or to the next group. */
function advance() {
	const behind = rows.findIndex((row, i) => i > at && open(row));
	const any = behind >= 0 ? behind : rows.findIndex(open);
	if (any >= 0) return show(any);
	Promise.all(last.map((x) => x.sent)).then(() => { location.href = review.dataset.next || review.dataset.here; });
}

function say(...parts) {
	const p = document.createElement("p");
	p.append(...parts);
	bar.replaceChildren(p);
	return p;
}

const word = { accept: "accepted", reject: "rejected", change: "changed", defer: "deferred", second: "deferred" };

function mark(row, kind, text) {
	const said = row.querySelector(".said");
	said.className = "said " + kind;
	said.textContent = text;
	row.classList.toggle("done", kind !== "" && kind !== "wrong");
	const n = document.getElementById("left");
	if (n) n.textContent = String(left());
}

const send = (to, values) => fetch(to, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(values) });

/** decides on a row: it is marked and left at once, and marked anew if the server refuses. */
function decide(verdict, { category = "", reason = "" } = {}) {
	const row = rows[at];
	if (!row || !may || !open(row)) return;
	if (verdict === "accept" && !row.dataset.category) return;
	mark(row, verdict === "second" ? "defer" : verdict, word[verdict]);
	ahead.delete(row.dataset.at);
	const entry = { row, batch: "" };
	entry.sent = send("/field/decide", { at: row.dataset.at, seen: row.dataset.seen, verdict, category, reason, back: "/review" }).then((answer) => settle(entry, answer), () => fail(entry, "not sent"));
	last.push(entry);
	decided++;
	speed();
	advance();
}

async function settle(entry, answer) {
	const said = await answer.json().catch(() => ({}));
	if (answer.ok) {
		entry.batch = said.batch;
		entry.row.dataset.seen = said.seen;
		if (last.at(-1) === entry) {
			const button = Object.assign(document.createElement("button"), { className: "plain", textContent: "Undo (u)" });
			button.addEventListener("click", undo);
			say(entry.row.querySelector("b").textContent + " " + entry.row.querySelector(".said").textContent + ".", button);
		}
		return;
	}
	if (answer.status === 409 && said.now) {
		entry.row.dataset.seen = said.now.seen;
		const theirs = said.now.decision ? said.now.decision.by + ": " + said.now.decision.verdict : "proposed: " + (said.now.category || "nothing");
		return fail(entry, "decided meanwhile by " + theirs);
	}
	fail(entry, said.detail || "refused");
}

function fail(entry, why) {
	last.splice(last.indexOf(entry), 1);
	decided--;
	mark(entry.row, "wrong", "not written");
	const p = say(entry.row.querySelector("b").textContent + ": " + why + ". Look at it again, then decide.");
	p.className = "bad";
	p.setAttribute("role", "alert");
}

async function undo() {
	const entry = last.pop();
	if (!entry) {
		bar.querySelector("form button")?.click();
		return;
	}
	await entry.sent;
	const answer = await send("/decisions/undo", { batch: entry.batch, back: "/review" });
	if (!answer.ok) return fail({ row: entry.row }, "it could not be taken back");
	mark(entry.row, "", "");
	ahead.delete(entry.row.dataset.at);
	decided--;
	const text = await paneOf(entry.row); // its form has the new version
	const holder = document.createElement("div");
	holder.innerHTML = html(text);
	entry.row.dataset.seen = holder.querySelector("input[name=seen]")?.value ?? entry.row.dataset.seen;
	say("Taken back.");
	show(rows.indexOf(entry.row));
}

function speed() {
	const n = document.getElementById("speed");
	const minutes = (performance.now() - begun) / 60000;
	if (n && decided > 1) n.textContent = decided + " decided here, " + Math.round(decided / minutes) + " a minute";
}

/** asks for the reason of a rejection: a digit chooses one, or it is typed. */
function reject() {
	const list = pane.querySelector(".reasons");
	const field = pane.querySelector("input[name=reason]");
	if (field?.value.trim()) return decide("reject", { reason: field.value.trim() });
	if (list) list.hidden = false;
	waitsForReason = true;
}

function change() {
	const field = pane.querySelector("input[name=category]");
	field?.focus();
	field?.select();
}

function reasonAt(digit) {
	const item = pane.querySelectorAll(".reasons li")[digit - 1];
	if (item) decide("reject", { reason: item.lastChild.textContent.trim() });
}

const suppress = async () => {
	const id = new URL(review.dataset.here, location.href).searchParams.get("group");
	const answer = await send("/review/suppress", { group: id, reason: "suppressed in review", back: "/review" });
	if (answer.ok || answer.redirected) location.href = review.dataset.next || "/review";
};

const keys = {
	a: () => decide("accept"),
	r: reject,
	c: change,
	d: () => decide("defer"),
	f: () => decide("second"),
	s: () => may && suppress(),
	u: undo,
	A: () => document.getElementById("all-accept")?.click(),
	R: () => document.getElementById("all-reject")?.click(),
	j: () => move(1),
	k: () => move(-1),
	J: () => { if (review.dataset.next) location.href = review.dataset.next; },
	K: () => { if (review.dataset.before) location.href = review.dataset.before; },
	v: () => pane.querySelector("h2 a")?.click(),
	h: () => { const h = document.getElementById("history"); if (h) h.open = !h.open; },
};

function typed(event) {
	if (event.defaultPrevented || event.metaKey || event.altKey || !document.getElementById("keys-on")?.checked) return;
	if (event.ctrlKey && event.key !== "z") return;
	const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
	if (typing) {
		if (event.key === "Escape") typing.blur();
		return;
	}
	if (waitsForReason && event.key >= "1" && event.key <= "8") {
		event.preventDefault();
		return reasonAt(Number(event.key));
	}
	const act = event.ctrlKey ? undo : keys[event.key];
	if (!act) return;
	event.preventDefault();
	act();
}

/** takes a form of the pane over: the button says the verdict. */
function submitted(event) {
	if (!event.target.closest?.(".decide") || !event.submitter || !rows[at]) return;
	event.preventDefault();
	const verdict = event.submitter.value;
	const values = new FormData(event.target);
	document.activeElement?.blur();
	if (verdict === "second") return keys.f();
	decide(verdict, { category: String(values.get("category") ?? ""), reason: String(values.get("reason") ?? "").trim() });
}

if (review) {
	document.addEventListener("keydown", typed);
	pane.addEventListener("submit", submitted);
	rows.forEach((row, i) => row.firstElementChild.addEventListener("click", (event) => {
		if (event.metaKey || event.ctrlKey || event.shiftKey) return;
		event.preventDefault();
		show(i);
	}));
	for (const next of rows.slice(at + 1, at + 4)) paneOf(next);
	document.documentElement.dataset.review = "ready";
}
