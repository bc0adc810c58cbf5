// Shows a page anew, where it is marked live, whenever the server says that something has moved. Without this script a link does the same.

const policy = globalThis.trustedTypes?.createPolicy("app", { createHTML: (text) => text });
const live = document.getElementById("live");
let events;

async function renew() {
	const answer = await fetch(location.href).catch(() => undefined);
	if (!answer?.ok) return;
	const text = await answer.text();
	const page = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");
	const next = page.getElementById("live");
	if (!next || live.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
	const opened = [...live.querySelectorAll("details")].map((d) => d.open);
	live.replaceChildren(...next.childNodes);
	[...live.querySelectorAll("details")].forEach((d, i) => { d.open = opened[i] ?? d.open; });
}

function listen() {
	events?.close();
	if (document.hidden || !live?.dataset.events) return;
	let first = true;
	events = new EventSource(live.dataset.events);
	events.addEventListener("message", () => { if (!first) renew(); first = false; });
	events.addEventListener("error", () => { if (events.readyState === EventSource.CLOSED) events.close(); });
}

document.addEventListener("visibilitychange", listen);
listen();
