// What pages of the console do beside being read: charts, parts that come later, and staying fresh. Without it every
// page still says the same; charts have their figures in a table.
(() => {
  "use strict";
  const EVERY = 15000; // ms between two looks at the server
  const reads = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const tones = ["accent", "limit", "hold", "deny", "send"];
  const tone = (one, place) => reads(one.tone || tones[place % tones.length]) || reads("accent");
  const faint = (colour, share) => `color-mix(in srgb, ${colour} ${share}%, transparent)`;
  const drawn = new WeakMap();

  const stacked = (series) => {
    const sums = [];
    return series.map((one) => one.values.map((value, row) => (sums[row] = (sums[row] || 0) + (value || 0))));
  };

  const draw = (place) => {
    const block = place.parentElement.querySelector('script[type="application/json"]');
    if (!block || !window.uPlot || place.clientWidth < 40) return;
    const told = JSON.parse(block.textContent);
    const bars = place.dataset.chart === "stacked";
    const days = told.x.map((at) => (/^\d{4}-/.test(at) ? Date.parse(at) / 1000 : NaN)); // words may look like dates
    const timed = days.every(Number.isFinite);
    const x = timed ? days : told.x.map((_, row) => row);
    const heights = bars ? stacked(told.series) : told.series.map((one) => one.values);
    const order = bars ? told.series.map((_, row) => told.series.length - 1 - row) : told.series.map((_, row) => row);
    const named = (at) => new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
    const data = [x], bands = [];
    const series = [{ label: timed ? "Day" : "", value: (_, at) => (at == null ? "" : timed ? named(at) : told.x[at]) }];
    const paths = window.uPlot.paths.bars({ size: [0.75, 60] });
    for (const row of order) {
      const one = told.series[row], colour = tone(one, row);
      data.push(heights[row]);
      series.push({
        label: one.label, stroke: colour, width: bars ? 0 : 2, dash: one.tone === "limit" ? [6, 4] : undefined,
        fill: bars ? colour : undefined, paths: bars ? paths : undefined, spanGaps: true,
        points: { show: !bars && told.x.length < 40 && one.tone !== "limit" },
        value: (_, __, ___, at) => (at == null ? "" : one.values[at] == null ? "–" : String(one.values[at])),
      });
      if (!bars && one.low) {
        for (const edge of [one.high, one.low]) {
          data.push(edge);
          series.push({ label: `${one.label}, 95 %`, stroke: "transparent", points: { show: false }, spanGaps: true, class: "edge" });
        }
        bands.push({ series: [data.length - 2, data.length - 1], fill: faint(colour, 18) });
      }
    }
    const axis = { stroke: reads("soft"), grid: { stroke: reads("line"), width: 1 }, ticks: { stroke: reads("line"), width: 1 } };
    const every = Math.max(1, Math.ceil((x.length * 64) / place.clientWidth)); // a label needs so many pixels
    const words = {
      splits: () => x.filter((_, row) => row % every === 0),
      values: (_, splits) => splits.map((at) => (timed ? named(at) : (told.x[at] ?? ""))),
    };
    const step = x.length > 1 ? x[1] - x[0] : 86400;
    const room = bars ? step / 2 : 0; // for half a bar at either end
    const options = {
      width: place.clientWidth, height: 240, bands, series, cursor: { drag: { x: false, y: false } },
      scales: { x: { time: timed, range: (_, low, high) => [low - room, high + room] }, y: { range: (_, low, high) => (low === null ? [0, 1] : [Math.min(0, low * 1.1), Math.max(high * 1.08, 1e-9)]) } },
      tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      axes: [{ ...axis, ...words, ...(timed ? {} : { label: told.across, labelSize: 22 }) }, { ...axis, size: 56 }], legend: { show: true, live: true },
    };
    const before = drawn.get(place);
    if (before) before.destroy();
    place.replaceChildren();
    drawn.set(place, new window.uPlot(options, data, place));
    place.firstChild.setAttribute("aria-hidden", "true"); // its figures are in the table below
  };
  const drawAll = (within) => within.querySelectorAll("[data-chart]").forEach(draw);

  const fetched = async (url) => {
    const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname === "/console/login") throw new Error("signed out");
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  const bring = async (place) => {
    try {
      const came = await fetched(place.dataset.later);
      came.querySelector("[data-alone]")?.remove(); // a title for who opens the part by itself
      place.replaceChildren(...(came.querySelector("main") || came.body).childNodes);
      place.removeAttribute("aria-busy");
      drawAll(place);
    } catch {
      place.removeAttribute("aria-busy");
      const said = document.createElement("p");
      said.className = "wrong";
      said.textContent = "This part could not be worked out just now. ";
      const again = document.createElement("button");
      again.className = "quiet";
      again.textContent = "Try again";
      again.addEventListener("click", () => { place.setAttribute("aria-busy", "true"); bring(place); });
      said.append(again);
      place.replaceChildren(said);
    }
  };

  const fresh = document.querySelector("[data-freshness]");
  const live = () => [...document.querySelectorAll("[data-live][id]")];
  const inUse = (place) => place.contains(document.activeElement) || [...place.querySelectorAll("details")].some((one) => one.open);
  const refresh = async () => {
    if (document.hidden || !fresh || !live().length) return;
    try {
      const came = await fetched(location.href);
      for (const place of live()) {
        const newer = came.getElementById(place.id);
        if (!newer || inUse(place) || newer.outerHTML === place.dataset.was) continue;
        newer.dataset.was = newer.outerHTML;
        const kept = new Map([...place.querySelectorAll("[data-later]:not([aria-busy])")].map((one) => [one.id, one]));
        place.replaceWith(newer);
        for (const one of newer.querySelectorAll("[data-later]")) kept.has(one.id) ? one.replaceWith(kept.get(one.id)) : bring(one);
        drawAll(newer);
      }
      const now = came.querySelector("[data-freshness]");
      if (now) { fresh.textContent = now.textContent; fresh.dataset.at = now.dataset.at; }
      fresh.classList.remove("stale");
    } catch (error) {
      fresh.classList.add("stale");
      const since = new Date(fresh.dataset.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      fresh.textContent = error.message === "signed out"
        ? "You are signed out: what stands here is old. Open the page again to sign in."
        : `The server does not answer: what stands here is of ${since}.`;
    }
  };

  const begin = () => {
    drawAll(document);
    document.querySelectorAll("[data-later]").forEach(bring);
    live().forEach((place) => { place.dataset.was = place.outerHTML; });
    setInterval(refresh, EVERY);
    document.addEventListener("visibilitychange", refresh);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
    let waiting = 0;
    addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => drawAll(document), 150); });
    document.querySelectorAll("details").forEach((one) => one.addEventListener("toggle", () => drawAll(one)));
  };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", begin) : begin();
})();
