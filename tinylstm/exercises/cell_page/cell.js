"use strict";
// The page's script: it shows the numbers that Python has computed, and computes none itself.

const data = JSON.parse(document.getElementById("numbers").textContent);
const element = (id) => document.getElementById(id);
const sliders = { step: element("step"), term: element("term"), bias: element("bias") };
const drawing = document.querySelector(".lstm-cell");
const narrow = matchMedia("(max-width: 40rem)");
const LAST = data.runs[0].c.length - 1;
const FLOOR = -8; // of the plot's logarithmic axis
const [P_F, P_O, P_I] = data.weights.p.map((row) => row[0]);
const PEEPHOLES = { p_f: P_F, p_o: P_O, p_i: P_I };

const minus = (text) => text.replace(/-/g, "−");
const fixed = (value) => minus(value.toFixed(Math.abs(value) < 10 ? 3 : 2));
const short = (value) =>
  value === 0 || Math.abs(value) >= 0.001 ? fixed(value) : minus(value.toExponential(1));
const at = (name) => Number(sliders[name].value);

function biasInWords(k) {
  return minus(data.biases[k].toFixed(2)) + (k === data.trained ? ", as trained" : "");
}

// What the factors of a term are, e.g. "0.12 × 0.98"; there is no step after the last.
function factorsOf(term, run, t) {
  if (term.next_step && t === LAST) return "no step t+1: 0";
  const there = term.next_step ? t + 1 : t;
  return term.factors
    .map((name) => short(name in PEEPHOLES ? PEEPHOLES[name] : run[name][there]))
    .join(" × ");
}

function showDrawing(run, t, n) {
  const backward = n > 0;
  drawing.classList.toggle("backward", backward);
  for (const part of drawing.querySelectorAll("[data-parts]")) {
    const uses = part.dataset.parts.split(" ").filter((name) => /^d[1-5]$/.test(name));
    const numbers = uses.map((name) => Number(name[1]));
    part.classList.toggle("lit", backward && numbers.some((number) => number <= n));
    part.classList.toggle("now", backward && numbers.includes(n));
  }
  for (const place of drawing.querySelectorAll("[data-value]")) {
    const name = place.dataset.value;
    const number = /^d[1-5]$/.test(name) ? Number(name[1]) : 0;
    place.classList.toggle("lit", backward && (name === "dc" || number > 0));
    place.classList.toggle("now", backward && number === n);
    if (name === "x") place.textContent = `(${fixed(run.x[t][0])}, ${run.x[t][1]})`;
    else if (name === "dc") place.textContent = n === 5 ? "dc = " + short(run.dc[t]) : "";
    else if (number > 0) place.textContent = number <= n ? short(run[name][t]) : "";
    else place.textContent = fixed(run[name][t]);
  }
  // A narrow screen sees the half that matters: the cell forward, the uses of c_t backward.
  const width = narrow.matches ? (backward ? 400 : 508) : 640;
  drawing.setAttribute("width", width); // else the picture would keep the whole one's shape
  drawing.setAttribute("viewBox", `${narrow.matches && backward ? 240 : 0} 0 ${width} 440`);
  drawing.classList.toggle("cropped", narrow.matches && backward);
}

function showTerms(run, t, n) {
  let sum = 0;
  data.terms.forEach((term, k) => {
    const value = run[term.use][t];
    const row = element("row-" + term.use);
    if (k < n) sum += value;
    row.classList.toggle("lit", k < n);
    row.classList.toggle("now", k === n - 1);
    row.classList.toggle("waiting", k >= n);
    element("factors-" + term.use).textContent = k < n ? "= " + factorsOf(term, run, t) : "";
    element("value-" + term.use).textContent = k < n ? short(value) : "";
  });
  element("sum-so-far").textContent = n === 5 ? "(16)" : n ? `${n} of 5 so far` : "not yet";
  element("value-dc").textContent = n === 5 ? short(run.dc[t]) : n ? short(sum) : "";
}

function showWords(run, t, n, k) {
  const [value, mark] = run.x[t];
  const says = run.p[1] > 0.5 ? "positive" : "not positive";
  let text = `Step ${t}, forward. It reads ${fixed(value)}, ${mark ? "marked" : "not marked"}. `;
  text += `The forget gate is ${fixed(run.f[t])}, the input gate ${fixed(run.i[t])}; `;
  text += `the cell goes from ${fixed(run.c_before[t])} to ${fixed(run.c[t])}, `;
  text += `the output is ${fixed(run.h[t])}.`;
  if (t === LAST) {
    text += ` At the end it says “${says}”, which is ${run.p[data.label] > 0.5 ? "right" : "wrong"}`;
    text += ` (probability ${fixed(run.p[1])} of positive).`;
  }
  if (n > 0) {
    const term = data.terms[n - 1];
    const low = (words) => words.replace(/_(?:{(.*?)}|(.))/g, "<sub>$1$2</sub>");
    text = `Step ${t}, backward, use ${n} of 5: ${low(term.equation)}, eq. ${term.number}, `;
    text += `is ${short(run[term.use][t])}.`;
    if (n === 5) text += ` The five add up to dc = ${short(run.dc[t])}.`;
  }
  element("words").innerHTML = text;
  sliders.step.setAttribute("aria-valuetext", `step ${t}, of 0 to ${LAST}`);
  sliders.term.setAttribute("aria-valuetext", n ? `use ${n} of 5` : "none, forward");
  sliders.bias.setAttribute("aria-valuetext", biasInWords(k));
  element("step-value").textContent = `${t} (0 to ${LAST})`;
  element("term-value").textContent = n ? `1 to ${n}` : "none";
  element("bias-value").textContent = biasInWords(k);
}

// The plot: three rows over the steps, as SVG text.
const column = (t) => 60 + (t * 400) / LAST;
const curve = (kind, values, y) =>
  `<path class="curve ${kind}" d="M${values.map((v, t) => `${column(t)} ${y(v)}`).join(" L")}"/>`;
const rows = {
  value: (v) => 92 - 40 * v,
  gate: (v) => 235 - 70 * v,
  gradient: (v) => 375 - (95 * (Math.max(Math.log10(Math.abs(v) || 1e-300), FLOOR) - FLOOR)) / (1 - FLOOR),
};

function showPlot(run, t, k) {
  const trained = data.runs[data.trained];
  const line = (y) => `<path class="axis" d="M45 ${y} L475 ${y}"/>`;
  const label = (y, text) => `<text x="40" y="${y + 5}" text-anchor="end">${text}</text>`;
  const title = (y, text) => `<text x="45" y="${y}">${text}</text>`;
  let svg = `<rect class="column" x="${column(t) - 15}" y="22" width="30" height="358"/>`;
  svg += title(14, "bars: values, ▲ marked;  ● the cell state c");
  svg += line(rows.value(0)) + label(rows.value(1), "1") + label(rows.value(0), "0");
  svg += label(rows.value(-1), "−1");
  run.x.forEach(([value, mark], s) => {
    const y = rows.value(Math.max(value, 0));
    svg += `<rect class="bar" x="${column(s) - 6}" y="${y}" width="12" height="${40 * Math.abs(value)}"/>`;
    if (mark) svg += `<text x="${column(s)}" y="144" text-anchor="middle">▲</text>`;
  });
  svg += curve("", run.c, rows.value) + points(run.c, rows.value, "point");
  svg += title(162, "the forget gate f");
  svg += line(rows.gate(0)) + label(rows.gate(0), "0") + label(rows.gate(1), "1");
  svg += curve("", run.f, rows.gate) + points(run.f, rows.gate, "point");
  svg += title(264, "|dc|, how much of the gradient is left");
  for (const power of [0, -4, FLOOR]) {
    const y = rows.gradient(10 ** power);
    svg += line(y) + label(y, power ? `1e${minus(String(power))}` : "1");
  }
  svg += curve("trained", trained.dc, rows.gradient) + points(trained.dc, rows.gradient, "hollow");
  svg += curve("", run.dc, rows.gradient) + points(run.dc, rows.gradient, "point");
  run.c.forEach((_, s) => {
    svg += `<text x="${column(s)}" y="398" text-anchor="middle">${s}</text>`;
  });
  svg += '<text x="260" y="416" text-anchor="middle">step t</text>';
  element("plot").innerHTML = svg;
  const reach = `From the last step to step 0, |dc| goes from ${short(Math.abs(run.dc[LAST]))} to ` +
    `${short(Math.abs(run.dc[0]))} with b = ${biasInWords(k)}. The loss is ${short(run.loss)}.`;
  element("reach").textContent = reach + " Dashed, with rings: as trained. What is below " +
    "1e−8 stands on the lowest line. All other weights are as trained.";
  element("plot").setAttribute("aria-label", reach);
}

function points(values, y, kind) {
  return values.map((v, t) => `<circle class="${kind}" cx="${column(t)}" cy="${y(v)}" r="4"/>`).join("");
}

function showNumbers(run, t) {
  element("all-numbers").innerHTML = run.c
    .map((_, s) => {
      const shown = ["a", "f", "i", "c", "o", "h", "dh", "dc"].map((name) => short(run[name][s]));
      const cells = [s, fixed(run.x[s][0]), run.x[s][1], ...shown];
      const now = s === t ? ' class="now" aria-current="step"' : "";
      return `<tr${now}>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    })
    .join("");
}

function show() {
  const [t, n, k] = [at("step"), at("term"), at("bias")];
  const run = data.runs[k];
  showDrawing(run, t, n);
  showTerms(run, t, n);
  showWords(run, t, n, k);
  showPlot(run, t, k);
  showNumbers(run, t);
  element("back").disabled = n === 0 && t === 0;
  element("next").disabled = n === 5 && t === 0;
}

function move(t, n) {
  sliders.step.value = t;
  sliders.term.value = n;
  changed();
}

// Forward to the last step, then back: at each step the five terms.
function next() {
  const [t, n] = [at("step"), at("term")];
  if (n === 0) t < LAST ? move(t + 1, 0) : move(t, 1);
  else n < 5 ? move(t, n + 1) : move(t - 1, 1);
}

function back() {
  const [t, n] = [at("step"), at("term")];
  if (n === 0) move(t - 1, 0);
  else if (n > 1) move(t, n - 1);
  else t < LAST ? move(t + 1, 5) : move(t, 0);
}

function changed() {
  show();
  const address = `#step=${at("step")}&term=${at("term")}&bias=${data.biases[at("bias")]}`;
  history.replaceState(null, "", address);
}

// The address names what is shown: #step=5&term=3&bias=1 (the nearest bias that there is).
function fromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const name of ["step", "term"]) {
    if (wanted.has(name)) sliders[name].value = wanted.get(name);
  }
  if (wanted.has("bias")) {
    const off = data.biases.map((bias) => Math.abs(bias - Number(wanted.get("bias"))));
    sliders.bias.value = off.indexOf(Math.min(...off));
  }
  show();
}

for (const slider of Object.values(sliders)) slider.addEventListener("input", changed);
element("next").addEventListener("click", next);
element("back").addEventListener("click", back);
element("trained").addEventListener("click", () => {
  sliders.bias.value = data.trained;
  changed();
});
narrow.addEventListener("change", show);
addEventListener("hashchange", fromAddress);
fromAddress();
