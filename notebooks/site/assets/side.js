// The list of a section is long: its current entry is brought into sight.
"use strict";

(() => {
  const side = document.querySelector(".side");
  const current = side && side.querySelector("[aria-current=page]");
  if (current) side.scrollTop = current.offsetTop - side.clientHeight / 3;
})();
