"use strict";
// Verdicts live in this browser until they are exported; the file is what limner review --read takes.
const told = JSON.parse(document.getElementById("told").textContent);
const place = "limner review " + told.id;
const cards = [...document.querySelectorAll("article")];
const byKey = new Map(cards.map((card) => [card.dataset.key, card]));
const FIELDS = ["verdict", "category", "severity", "note"];
let verdicts = {};
let here = -1;

const say = (text) => { document.getElementById("said").textContent = text; };

function kept() {
  try {
    verdicts = JSON.parse(localStorage.getItem(place) || "{}");
  } catch (error) {
    say("This browser keeps nothing for this page: export before you close it.");
  }
}

function keep() {
  try {
    localStorage.setItem(place, JSON.stringify(verdicts));
  } catch (error) {
    say("This browser keeps nothing for this page: export before you close it.");
  }
}

function note(card, field, value) {
  const own = verdicts[card.dataset.key] || (verdicts[card.dataset.key] = {});
  own[field] = value;
  if (field === "verdict" && value !== "wrong") { own.category = ""; own.severity = ""; }
  if (FIELDS.every((name) => !own[name])) delete verdicts[card.dataset.key];
  keep();
  show(card);
  count();
}

function show(card) {
  const own = verdicts[card.dataset.key] || {};
  card.dataset.verdict = own.verdict || "";
  for (const input of card.querySelectorAll("input[type=radio]")) {
    input.checked = (own[input.dataset.field] || "") === input.value;
  }
  card.querySelector("select").value = own.category || "";
  const text = card.querySelector("input[type=text]");
  if (text !== document.activeElement) text.value = own.note || "";
}

function count() {
  const said = cards.map((card) => (verdicts[card.dataset.key] || {}).verdict || "");
  const judged = said.filter(Boolean).length;
  const forgiven = said.filter((each) => each === "acceptable" || each === "label error").length;
  const right = told.objects.filter((each) => each.dice >= told.below).length;
  const share = (number) => (100 * number / told.objects.length).toFixed(1) + " %";
  document.getElementById("judged").textContent = `${judged} of ${cards.length} judged`;
  document.getElementById("score").textContent =
    `· right: ${share(right)} as labelled, ${share(right + forgiven)} with your verdicts`;
  document.getElementById("filled").style.width = `${100 * judged / Math.max(1, cards.length)}%`;
}

function filter() {
  const wanted = document.getElementById("shown").value;
  for (const card of cards) {
    const verdict = (verdicts[card.dataset.key] || {}).verdict || "";
    card.hidden = wanted !== "" && (wanted === "open" ? verdict !== "" : verdict !== wanted);
  }
}

function go(number, { scroll = true } = {}) {
  const card = cards[number];
  if (!card) return;
  cards.forEach((each) => each.removeAttribute("aria-current"));
  card.setAttribute("aria-current", "true");
  here = number;
  if (scroll) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "start" }); }
}

function step(by) {
  for (let number = here + by; number >= 0 && number < cards.length; number += by) {
    if (!cards[number].hidden) return go(number);
  }
}

function draw(layer) {
  const off = document.body.classList.toggle("no-" + layer);
  document.querySelector(`[data-layer=${layer}]`).setAttribute("aria-pressed", String(!off));
}

function exported() {
  const { id, ...about } = told;
  const objects = told.objects.map((each) => ({ ...each, ...(verdicts[each.key] || {}) }));
  return { ...about, exported: new Date().toISOString(), objects };
}

function save() {
  const link = document.createElement("a");
  const text = JSON.stringify(exported(), null, 1) + "\n";
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "verdicts.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say("Written as verdicts.json. For the scores: limner review --read verdicts.json");
}

function take(text, name) {
  let found;
  try {
    found = JSON.parse(text);
  } catch (error) {
    found = {};
  }
  if (found.format !== told.format || !Array.isArray(found.objects)) {
    return say(`${name} is no export of such a page. Nothing was changed.`);
  }
  let taken = 0;
  for (const each of found.objects) {
    const card = byKey.get(each.key);
    if (!card || !FIELDS.some((field) => each[field])) continue;
    verdicts[each.key] = Object.fromEntries(FIELDS.map((field) => [field, each[field] || ""]));
    show(card);
    taken += 1;
  }
  keep(); count(); filter();
  const other = found.made === told.made ? "" : " They were given on the answers of another model.";
  say(`${taken} verdicts were taken from ${name}.${other}`);
}

const KEYS = {
  j: () => step(1), k: () => step(-1), t: () => draw("truth"), a: () => draw("answer"),
  p: () => draw("prompt"),
};
const VERDICTS = { 0: "", 1: "wrong", 2: "acceptable", 3: "label error" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { document.activeElement.blur(); return; }
  if (event.target.matches("input[type=text], select")) return;
  const card = cards[here];
  if (KEYS[event.key]) KEYS[event.key]();
  else if (card && event.key in VERDICTS) note(card, "verdict", VERDICTS[event.key]);
  else if (card && event.key === "c" && card.dataset.verdict === "wrong") card.querySelector("select").focus();
  else if (card && event.key === "m" && card.dataset.verdict === "wrong") {
    note(card, "severity", (verdicts[card.dataset.key] || {}).severity === "major" ? "minor" : "major");
  } else return;
  event.preventDefault();
});

cards.forEach((card, number) => {
  card.addEventListener("change", (event) => {
    const field = event.target.dataset.field;
    if (field) note(card, field, event.target.value);
  });
  card.querySelector("input[type=text]").addEventListener("input", (event) => note(card, "note", event.target.value));
  card.addEventListener("focusin", () => go(number, { scroll: false }));
  card.addEventListener("pointerdown", () => go(number, { scroll: false }));
});
document.querySelectorAll("[data-layer]").forEach((button) =>
  button.addEventListener("click", () => draw(button.dataset.layer)));
document.getElementById("shown").addEventListener("change", filter);
document.getElementById("export").addEventListener("click", save);
document.getElementById("import").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (file) take(await file.text(), file.name);
  event.target.value = "";
});

kept();
cards.forEach(show);
count();
go(0, { scroll: false });
