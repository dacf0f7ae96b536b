// Buttons of the presets, in the order of the user's file.

import { make } from "./form.js";

// `choose(name)` changes to one. Returns what shows which of them is in force.
export function drawPresets(presets, box, choose) {
  const buttons = new Map();
  for (const { name, raw } of presets) {
    const button = make("button", { type: "button", "aria-pressed": "false" }, name);
    if (raw) {
      button.classList.add("raw");
      button.title = "This shows the raw picture.";
    }
    button.addEventListener("click", () => choose(name).catch(() => {}));
    buttons.set(name, button);
  }
  box.querySelector(".presets").append(...buttons.values());
  box.hidden = !buttons.size;
  return (now) => {
    for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(name === now));
  };
}
