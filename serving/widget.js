// Outreach in a page: see docs/widget.md.
(() => {
const NAME = "outreach";
const doc = document, tag = doc.currentScript, now = () => Date.now();
if (!tag || doc[NAME]) return;
doc[NAME] = true;
const { dataset } = tag, clock = () => performance.now();
let visit = {}, page = {}, last = 0, polled = 0, pause = 0, busy, again, token, who, host, ends, close = () => {};

const safe = (act) => (given) => {
	try { act(given); } catch { }
};
const on = (target, name, act) => target.addEventListener(name, safe(act));

const usable = (name) => {
	try { return window[name].setItem(NAME + "?", ""), window[name]; } catch { }
};
const local = usable("localStorage"), session = usable("sessionStorage");
if (!dataset.session && !(local && session)) return;
const load = safe(() => (visit = JSON.parse(session.getItem(NAME)) || visit));
const save = safe(() => session.setItem(NAME, JSON.stringify(visit)));
const idle = () => !(Math.abs(now() - visit.at) < 1800e3);
const same = () => {
	who = (token = dataset.session) ? null : {};
	try { who ||= JSON.parse(decodeURIComponent(escape(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))))); } catch { }
	return who && visit.id && visit.sid === who.sid && visit.sub === who.sub;
};
const fresh = () => {
	const visitor = "visitor-" + crypto.randomUUID();
	local?.setItem(NAME, visitor);
	return visitor;
};

const go = () => {
	if (same() && !idle()) return;
	close();
	const { sid, sub } = who, known = local?.getItem(NAME), seen = /^visitor-.{36}$/.test(known), visitor = seen ? known : fresh();
	visit = { id: sid || crypto.randomUUID(), sid, sub, subject: sub || visitor, seen: seen || sid, at: now(), events: [], outcomes: [] };
	if (!sid) happened("session.started");
};
const put = (path, one) => {
	visit[path].push({ ...one, time: now() });
	save();
	flush();
};
const happened = (type, data = { page: page.name }) => {
	go();
	visit.at = now();
	data.session = visit.id;
	put("events", { specversion: "1.0", id: crypto.randomUUID(), type, subject: visit.subject, data });
};
const report = (decision_id, kind) => put("outcomes", { decision_id, kind });

const post = async (path, body) => {
	if (clock() < pause) return;
	pause = clock() + 20e3 * (1 + Math.random());
	const answer = await fetch(new URL("v1/" + path, tag.src), {
		method: "POST", credentials: "omit", keepalive: true, signal: AbortSignal.timeout(3e4), body: JSON.stringify(body),
		headers: { authorization: "Bearer " + dataset.key, "content-type": "application/json", "outreach-session": token || visit.id },
	});
	visit.skew = Date.parse(answer.headers.get("Date")) - now() || 0;
	if (answer.ok) return pause = 0, answer.json();
	return answer.status !== 401 && answer.status < 429 && {};
};
const send = async (path) => {
	const mine = visit, here = key(), some = "skew" in mine ? mine[path].slice(0, 40) : [];
	if (!some[0] && (mine.told || path !== "events")) return;
	const answer = await post(path, some.map((one) => ({ ...one, time: new Date(one.time + mine.skew) })));
	if (!answer || visit !== mine) return;
	again ||= !some[0] && mine.events[0];
	mine[path].splice(0, some.length);
	save();
	if (!mine.sid && /#\/subject/.test(JSON.stringify(answer))) {
		fresh();
		visit = page = {};
	}
	for (const one of answer.decisions || []) if (one.action === "send") await show(one, here);
};
const flush = async () => {
	again = true;
	if (busy) return;
	busy = true;
	try {
		for (polled = clock(); again; await send("events")) {
			again = false;
			await send("outcomes");
		}
	} catch { }
	busy = false;
};

// One in a visit, in one tab; help on its page.
const show = async ({ decision_id: id, purpose }, here) => {
	const mine = visit, tied = purpose === "in_session_help";
	if (mine.told || doc.hidden || mine.heard?.[id] === "") return;
	mine.heard = { [id]: here, ...mine.heard };
	save();
	const away = () => tied && mine.heard[id] !== key(), not = () => (mine.heard[id] = "", report(id, "not_delivered"));
	if (purpose === "onboarding" && mine.seen || away()) return not();
	await navigator.locks.request(NAME + id, { ifAvailable: true }, async (lock) => {
		const told = local?.getItem(NAME + "-told") || "";
		if (!lock || told.includes(id) || visit !== mine) return;
		const { action, message, expires_at } = await post(`decisions/${id}/confirm`) || {};
		ends = Date.parse(expires_at) - mine.skew;
		if (action !== "send" || typeof message.text !== "string" || !(ends > now()) || !same() || visit !== mine) return;
		if (doc.hidden || away()) return not();
		mine.told = id;
		local?.setItem(NAME + "-told", (id + " " + told).slice(0, 2e3));
		bubble(id, message);
		page.tied = tied;
		report(id, "delivered");
	});
};
const bubble = (id, { text, expects_reply }) => {
	const make = (to, name, more) => to.appendChild(Object.assign(doc.createElement(name), more));
	close();
	host = doc.createElement("div");
	const root = host.attachShadow({ mode: "closed" }), sheet = new CSSStyleSheet();
	sheet.replaceSync(`:host { all:initial!important;position:fixed!important;z-index:9999!important;color-scheme:inherit!important}
@media print { :host { display:none!important} }
section { position:fixed;bottom:16px;inset-inline-end:16px;width:min(320px, 100vw - 66px);max-height:80vh;overflow:auto;overflow-wrap:anywhere;padding:16px;border:1px solid #8888;border-radius:14px;box-shadow:0 8px 32px #0004;font:max(16px, 1rem)/1.5 system-ui;background:Canvas;color:CanvasText}
button { all:unset;forced-color-adjust:none;margin-top:12px;padding:0 16px;border-radius:9px;line-height:40px;cursor:pointer;background:CanvasText;color:Canvas}
button:focus-visible { outline:3px solid}
button:first-child { float:inline-end;margin:-8px;background:none;color:inherit}`);
	root.adoptedStyleSheets = [sheet];
	const box = make(root, "section");
	const button = (words, act) => on(make(box, "button", words), "click", act);
	let from;
	close = () => {
		const inside = root.activeElement;
		host.remove();
		if (inside) from?.focus();
	};
	const dismiss = () => {
		close();
		visit.at = now();
		if (same()) happened("message.dismissed", { decision_id: id });
	};
	button({ textContent: "✕", ariaLabel: dataset.close || "Close" }, dismiss);
	const said = make(box, "div", { role: "status", dir: "auto" });
	if (expects_reply) button({ textContent: dataset.reply || "Reply" }, () => {
		close();
		report(id, "engaged");
		dispatchEvent(new CustomEvent("outreach:reply", { detail: { decision_id: id } }));
	});
	on(box, "focusin", ({ relatedTarget }) => box.contains(relatedTarget) || (from = relatedTarget));
	on(box, "keydown", (event) => event.key === "Escape" && (event.stopPropagation(), dismiss()));
	doc.documentElement.append(host);
	setTimeout(() => said.textContent = text, 99); // read out
};

const route = () => /^#!?(\/.*)/.exec(location.hash)?.[1] || location.pathname;
const named = () => doc.body.dataset.outreachPage || dataset.page || /^\/([^/?&#;=]+)(?![^/?&#;])/.exec(route())?.[1] || "home";
const key = () => named() + route();
const tick = safe(() => {
	const step = clock() - last;
	last += step;
	const other = !same();
	if (other || now() > ends || page.tied && page.key !== key()) close();
	if (doc.hidden) return;
	if (other || page.key !== key() && !(clock() - page.at < 5e3)) {
		page = { key: key(), name: named(), at: clock(), spent: 0, next: 31 };
		happened("page.viewed");
	}
	if (idle()) return;
	if (step < 60e3) page.spent += step;
	const seconds = page.spent / 1e3 | 0;
	if (seconds >= page.next && seconds < 1800) {
		page.next = seconds < 61 ? 61 : seconds + 60;
		happened("page.dwelled", { page: page.name, seconds });
	} else if (clock() - polled >= 20e3) flush();
});
const wake = () => {
	if (idle()) page = {};
	last = clock();
	tick();
};
load();
on(doc, "visibilitychange", wake);
on(doc, "pointerdown", ({ target }) => idle() && target !== host && wake());
on(doc, "mouseout", ({ clientY, relatedTarget }) => {
	if (relatedTarget || clientY > 0 || page.left || !matchMedia("(hover)").matches) return;
	page.left = true;
	happened("exit.intended");
});
on(window, "pageshow", ({ persisted }) => {
	if (!persisted) return;
	close();
	load();
	page = {};
	wake();
});
setInterval(tick, 1e3);
wake();
})();
