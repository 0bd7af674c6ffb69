// Before anything is painted: what this browser was told of dark, light and grayscale.
"use strict";
const chosen = localStorage.getItem("theme");
if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
if (localStorage.getItem("gray") === "true") document.documentElement.dataset.gray = "true";
