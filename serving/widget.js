// Outreach in a page: reports what happens in a visit, shows what may be said in it. See docs/widget.md.
(() => {
"use strict";
const IDLE = 1800e3, POLL = 20e3, NAME = "outreach";
const tag = document.currentScript;
if (!tag || document[NAME]) return; // once in a page
document[NAME] = true;
const { dataset } = tag, clock = () => performance.now();
let visit = {}, page = {}, last = 0, polled = 0, pause = 0, busy, again, close;

const quietly = (act) => (given) => {
	try { act(given); } catch { /* the page goes on */ }
};
const on = (target, name, act) => target.addEventListener(name, quietly(act));

// Blocked or full is none.
const usable = (name) => {
	try { return window[name].setItem(NAME + "?", ""), window[name]; } catch { }
};
const local = usable("localStorage"), session = usable("sessionStorage");
if (!dataset.session && !(local && session)) return; // what was closed could come again
const load = quietly(() => (visit = JSON.parse(session.getItem(NAME)) || visit));
const save = quietly(() => session.setItem(NAME, JSON.stringify(visit)));
const idle = () => !(Math.abs(Date.now() - visit.at) < IDLE);
const claims = () => {
	const bytes = atob(dataset.session.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
	return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (one) => one.charCodeAt())));
};
const newVisitor = () => {
	const visitor = "visitor-" + crypto.randomUUID();
	local?.setItem(NAME, visitor);
	return visitor;
};

// A visit goes on, or begins: drawn here, or signed.
const go = () => {
	const { sid, sub } = dataset.session ? claims() : {};
	if (visit.id && visit.sid === sid && !idle()) return;
	const known = local?.getItem(NAME), seen = sid || /^visitor-[\w-]{36}$/.test(known);
	visit = { id: sid || crypto.randomUUID(), sid, subject: sub || (seen ? known : newVisitor()), seen, at: Date.now(), events: [], outcomes: [] };
	if (!sid) happened("session.started");
};
const put = (path, one) => {
	visit[path].push({ ...one, time: Date.now() });
	save();
	flush();
};
const happened = (type, data = { page: page.name }) => {
	go();
	visit.at = Date.now();
	data.session = visit.id;
	put("events", { specversion: "1.0", id: crypto.randomUUID(), type, subject: visit.subject, data });
};
const report = (decision_id, kind) => put("outcomes", { decision_id, kind });

const post = async (path, body) => {
	if (clock() < pause) return;
	pause = clock() + POLL * (1 + Math.random());
	const answer = await fetch(new URL("v1/" + path, tag.src), {
		method: "POST", credentials: "omit", keepalive: true, signal: AbortSignal.timeout(3e4), body: JSON.stringify(body),
		headers: { authorization: "Bearer " + dataset.key, "content-type": "application/json", "outreach-session": dataset.session || visit.id },
	});
	visit.skew = Date.parse(answer.headers.get("Date")) - Date.now() || 0;
	if (answer.ok) pause = 0;
	return answer.ok ? answer.json() : answer.status < 429 && {}; // not said again
};
const send = async (path) => {
	const mine = visit, some = "skew" in mine ? mine[path].slice(0, 40) : []; // none at first: that tells the time
	if (!some[0] && (mine.told || path !== "events")) return;
	const answer = await post(path, some.map((one) => ({ ...one, time: new Date(one.time + mine.skew) })));
	if (!answer || visit !== mine) return;
	again ||= !some[0] && mine.events[0];
	mine[path].splice(0, some.length);
	save();
	if (!mine.sid && /#\/subject/.test(JSON.stringify(answer))) {
		newVisitor(); // the old one is known
		visit = page = {};
	}
	for (const one of answer.decisions || []) if (one.action === "send") await show(one);
};
const flush = async () => {
	again = true;
	if (busy) return;
	busy = true;
	try {
		for (polled = clock(); again; ) {
			again = false;
			await send("outcomes");
			await send("events");
		}
	} catch { /* later */ }
	busy = false;
};

// In one tab.
const first = (id) => new Promise((say, no) => navigator.locks.request(NAME + id, { ifAvailable: true }, (lock) => (
	say(lock), new Promise((over) => setTimeout(over, POLL))
)).catch(no));

// One in a visit: confirmed, not over, where somebody looks.
const show = async ({ decision_id: id, purpose }) => {
	const mine = visit, here = page;
	if (mine.told || document.hidden) return;
	if (purpose === "onboarding" && mine.seen) return report(id, "not_delivered");
	if (!await first(id)) return;
	const { action, message, expires_at } = await post(`decisions/${id}/confirm`) || {};
	if (action !== "send" || typeof message.text !== "string" || !(Date.parse(expires_at) > Date.now() + mine.skew)) return;
	if (visit !== mine || page !== here || document.hidden) return;
	mine.told = id;
	bubble(id, message);
	page.tied = purpose === "in_session_help";
	report(id, "delivered");
};
const bubble = (id, { text, expects_reply }) => {
	const make = (where, name, more) => where.appendChild(Object.assign(document.createElement(name), more));
	const host = document.createElement("div"), shadow = host.attachShadow({ mode: "closed" }), sheet = new CSSStyleSheet();
	sheet.replaceSync(STYLE);
	shadow.adoptedStyleSheets = [sheet];
	const box = make(shadow, "section");
	const button = (words, act) => on(make(box, "button", words), "click", act);
	let from;
	close = () => {
		const inside = shadow.activeElement;
		host.remove();
		if (inside) from?.focus();
	};
	const dismiss = () => (close(), happened("message.dismissed", { decision_id: id }));
	button({ textContent: "✕", ariaLabel: dataset.close || "Close" }, dismiss);
	const said = make(box, "div", { role: "status", dir: "auto" });
	if (expects_reply) button({ textContent: dataset.reply || "Reply" }, () => {
		close();
		report(id, "engaged");
		dispatchEvent(new CustomEvent("outreach:reply", { detail: { decision_id: id } }));
	});
	on(box, "focusin", ({ relatedTarget }) => box.contains(relatedTarget) || (from = relatedTarget));
	on(box, "keydown", ({ key }) => key === "Escape" && dismiss());
	document.body.append(host);
	setTimeout(() => { said.textContent = text; }, 99); // a change is read out
};
const STYLE = `:host { all: initial !important; color-scheme: inherit !important }
section { position: fixed; z-index: 999999; bottom: 16px; inset-inline-end: 16px; width: min(320px, 100vw - 66px);
	max-height: 80vh; overflow: auto; overflow-wrap: anywhere;
	padding: 16px; border: 1px solid #8888; border-radius: 14px; box-shadow: 0 8px 32px #0004;
	font: max(16px, 1rem)/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText }
button { all: unset; margin-top: 12px; padding: 0 16px; border-radius: 9px; line-height: 40px; cursor: pointer;
	background: CanvasText; color: Canvas }
button:focus-visible { outline: 3px solid; outline-offset: 2px }
button:first-child { float: inline-end; margin: -8px; background: none; color: inherit }`;

// The page's name: what it says itself, or the first word of its path.
const route = () => (/^#!?(\/.*)/.exec(location.hash) || [0, location.pathname])[1];
const named = () => document.body.dataset.outreachPage || dataset.page || route().split("/")[1] || "home";
const tick = quietly(() => {
	const step = clock() - last;
	last += step;
	if (document.hidden) return;
	const name = named(), key = name + route();
	if (page.key !== key) {
		if (page.tied) close();
		page = { key, name, spent: 0, next: 31 };
		happened("page.viewed");
	}
	if (idle()) return;
	if (step < 60e3) page.spent += step; // more: a machine that slept
	const seconds = page.spent / 1e3 | 0;
	if (seconds >= page.next && seconds < 1800) {
		page.next = seconds < 61 ? 61 : seconds + 60;
		happened("page.dwelled", { page: page.name, seconds });
	} else if (clock() - polled >= POLL) flush();
});
const wake = () => {
	if (idle()) page = {};
	last = clock();
	tick();
};
load();
on(document, "visibilitychange", wake);
on(document, "pointerdown", () => idle() && wake());
on(document, "mouseout", ({ clientY, relatedTarget }) => {
	if (relatedTarget || clientY > 0 || page.left || !matchMedia("(hover)").matches) return;
	page.left = true;
	happened("exit.intended");
});
on(window, "pageshow", ({ persisted }) => {
	if (!persisted) return;
	close?.();
	load();
	page = {};
	wake();
});
setInterval(tick, 1e3); // sees scripts turn pages, too
wake();
})();
