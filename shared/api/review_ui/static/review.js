// Keys, and what a browser remembers. Every action works without this file.
"use strict";
const root = document.documentElement;
const byId = (id) => document.getElementById(id);

const themeSwitch = document.querySelector("[data-theme-switch]");
if (themeSwitch) {
  themeSwitch.hidden = false;
  themeSwitch.addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}

// Grayscale stays until it is taken back; showing clearly is for one item, unless it is to be kept.
const gray = byId("gray"), reveal = byId("reveal"), keep = byId("keep");
if (gray) {
  gray.checked = root.dataset.gray === "true";
  gray.addEventListener("change", () => {
    root.dataset.gray = String(gray.checked);
    localStorage.setItem("gray", root.dataset.gray);
  });
  keep.parentElement.hidden = false;
  reveal.checked = keep.checked = localStorage.getItem("reveal") === "true";
  const keepIt = () => localStorage.setItem("reveal", String(reveal.checked && keep.checked));
  reveal.addEventListener("change", keepIt);
  keep.addEventListener("change", keepIt);
}

const press = (element) => { if (element) { element.click(); return true; } return false; };
const submitByKey = (key) => press(document.querySelector(`form[data-key="${key}"] button`));
const move = (step) => {
  const places = [...document.querySelectorAll("#decision .tag input:not(:disabled), [data-rows] a")];
  if (!places.length) return false;
  const at = places.indexOf(document.activeElement);
  places[at < 0 ? (step > 0 ? 0 : places.length - 1) : Math.min(places.length - 1, Math.max(0, at + step))].focus();
  return true;
};
const help = byId("help");
const keys = {
  j: () => move(1), k: () => move(-1), s: () => press(byId("skip")), b: () => press(reveal), g: () => press(gray),
  o: () => press(byId("second")) || press(byId("ask")), u: () => submitByKey("u"),
  c: () => { const comment = byId("comment"); if (comment) comment.focus(); return Boolean(comment); },
  "?": () => { if (help) help.showModal(); return Boolean(help); },
  Enter: () => press(byId("decide")) || submitByKey("Enter"),
};
document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey || (help && help.open)) return;
  if (at.matches("textarea, select, input:not([type=checkbox])")) {
    if (event.key === "Escape") at.blur();
    return;
  }
  if (event.key === "Enter" && at.matches("a, button, summary")) return;
  const tags = [...document.querySelectorAll("#decision [data-code]:not(:disabled)")];
  const tag = /^[1-9]$/.test(event.key) ? tags[event.key - 1] : tags.find((each) => each.dataset.code === event.key);
  if (press(tag) || (Object.hasOwn(keys, event.key) && keys[event.key]())) event.preventDefault();
});
// How far an export is, asked every two seconds until it has ended; who reads the page aloud hears the end alone.
const poll = async (place) => {
  const answer = await fetch(place.dataset.poll, { redirect: "manual" });
  if (!answer.ok) return;
  const piece = await answer.text();
  const isRunning = piece.includes("<progress");
  if (!isRunning) place.setAttribute("aria-busy", "false");
  place.innerHTML = piece;
  if (isRunning) pollSoon(place);
};
const pollSoon = (place) => setTimeout(() => poll(place).catch(() => pollSoon(place)), 2000);
document.querySelectorAll("[data-poll]").forEach(pollSoon);
// One press, one request: a second submission of a form that is on its way is dropped.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  if (event.target.method === "post") event.target.dataset.sent = "true";
});
addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));
