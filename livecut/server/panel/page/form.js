// Rows of the form, drawn from the fields that livecut lists.

const TITLES = {
  output: "Picture", look: "Framing and light", matte: "Edges of the person", layers: "On the picture", depth: "Depth",
  privacy: "Privacy", governor: "On a busy machine", motion_gate: "When nothing moves", model: "Networks",
};
const OPEN = new Set(["output"]);
const STEPS = 100;

let count = 0;

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// The control itself: how it reads and shows a value.
function control(field, id, described) {
  const common = { id, "aria-describedby": described };
  if (field.kind === "switch") {
    const box = make("input", { ...common, type: "checkbox" });
    return { parts: [box], main: box, read: () => box.checked, show: (value) => { box.checked = value; } };
  }
  if (field.kind === "choice" || (field.suggestions.length && !field.optional)) {
    const names = field.kind === "choice" ? field.choices : field.suggestions;
    const list = make("select", common, ...names.map((name) => make("option", { value: name }, name)));
    const show = (value) => {
      if (![...list.options].some((option) => option.value === value)) list.append(make("option", { value }, value));
      list.value = value;
    };
    return { parts: [list], main: list, read: () => list.value, show };
  }
  if (field.kind === "number" || field.kind === "whole") return number(field, common);
  const text = make("input", { ...common, type: "text", spellcheck: false });
  if (field.suggestions.length) {
    const list = make("datalist", { id: `${id}-names` }, ...field.suggestions.map((name) => make("option", { value: name })));
    text.setAttribute("list", list.id);
    return { parts: [text, list], main: text, read: () => nothing(field, text.value), show: (value) => { text.value = value ?? ""; } };
  }
  if (field.kind !== "colour") {
    return { parts: [text], main: text, read: () => nothing(field, text.value), show: (value) => { text.value = value ?? ""; } };
  }
  const picker = make("input", { type: "color", "aria-label": `${field.label}, as a colour` });
  picker.addEventListener("input", () => { text.value = picker.value; });
  const show = (value) => {
    text.value = value;
    picker.value = numbered(value);
  };
  return { parts: [picker, text], main: text, read: () => text.value.trim(), show };
}

// A colour as #rrggbb, whatever it is called.
function numbered(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  return context.fillStyle;
}

function nothing(field, text) {
  return field.optional && text.trim() === "" ? null : text;
}

function number(field, common) {
  const { lowest, highest } = field;
  const step = field.kind === "whole" ? 1 : "any";
  const exact = make("input", { ...common, type: "number", step });
  if (lowest !== null) exact.min = lowest;
  if (highest !== null) exact.max = highest;
  const parts = [exact];
  let slider = null;
  // Where the range spans powers of ten a slider's one end would hold all that matters.
  if (lowest !== null && highest !== null && (lowest <= 0 || highest / lowest <= 100) && highest - lowest <= 500) {
    const fine = field.kind === "whole" ? 1 : (highest - lowest) / STEPS;
    slider = make("input", { type: "range", min: lowest, max: highest, step: fine, "aria-label": field.label });
    slider.addEventListener("input", () => { exact.value = tidy(slider.valueAsNumber); });
    parts.unshift(slider);
  }
  if (field.unit) parts.push(make("span", { className: "unit" }, field.unit));
  const read = () => (exact.value === "" ? null : exact.valueAsNumber);
  const show = (value) => {
    exact.value = value === null ? "" : tidy(value);
    if (slider !== null && value !== null) slider.value = value;
  };
  return { parts, main: exact, read, show };
}

function tidy(value) {
  return Number(value.toPrecision(6));
}

// One setting. `change(path, value)` applies it and throws where it is refused.
class Row {
  constructor(field, change) {
    this.field = field;
    this.changing = change;
    this.sent = 0;
    const id = `field-${count += 1}`;
    this.control = control(field, id, `${id}-help ${id}-wrong`);
    this.back = make("button", { type: "button", className: "back", hidden: true }, "default");
    this.back.setAttribute("aria-label", `${field.label}: back to the default`);
    this.wrong = make("p", { id: `${id}-wrong`, className: "wrong", hidden: true });
    this.wrong.setAttribute("role", "alert");
    const label = make("label", { htmlFor: id }, field.label);
    const head = field.kind === "switch"
      ? [make("div", { className: "head switch" }, ...this.control.parts, label, this.back)]
      : [make("div", { className: "head" }, label, this.back), make("div", { className: "entry" }, ...this.control.parts)];
    this.element = make("div", { className: "row" }, ...head,
      make("p", { id: `${id}-help`, className: "help" }, field.help), this.wrong);
    this.element.dataset.path = field.path;
    for (const part of this.control.parts) {
      const at = part.type === "range" || part.type === "color" ? "input" : "change";
      part.addEventListener(at, () => this.send(this.control.read()));
    }
    this.back.addEventListener("click", () => {
      this.control.show(field.default);
      this.send(field.default);
    });
  }

  // What livecut says it is; what is being typed or dragged is left alone.
  show(value) {
    this.value = value;
    this.back.hidden = JSON.stringify(value) === JSON.stringify(this.field.default);
    const at = document.activeElement;
    const busy = this.control.parts.includes(at) && !["checkbox", "select-one"].includes(at.type);
    if (!this.sent && this.wrong.hidden && !busy) this.control.show(value);
  }

  async send(value) {
    if (value === null && !this.field.optional) return this.refuse("this needs a value");
    const mine = this.sent += 1;
    this.element.classList.add("busy");
    let said = "";
    try {
      await this.changing(this.field.path, value);
    } catch (error) {
      said = error.message;
    }
    if (mine !== this.sent) return undefined;
    this.sent = 0;
    this.element.classList.remove("busy");
    return this.refuse(said);
  }

  refuse(said) {
    this.wrong.textContent = said.replace(`${this.field.path}: `, "");
    this.wrong.hidden = !said;
    this.control.main.setAttribute("aria-invalid", String(Boolean(said)));
    if (!said) this.show(this.value);
  }
}

// The form: `groups` and `effects` are where it goes, `change` applies a setting, `choose` an effect. Returns what shows
// values in it.
export function draw(fields, { groups, effects, change, choose }) {
  const rows = new Map();
  const tables = new Map();
  for (const field of fields) {
    if (field.path === "effect.name") continue;
    const row = new Row(field, change);
    rows.set(field.path, row);
    const [first, second] = field.path.split(".");
    const of = first === "effect" ? `effect.${second}` : first === "device" ? "model" : first;
    if (!tables.has(of)) tables.set(of, []);
    tables.get(of).push(row);
  }
  const shown = new Map();
  for (const [name, its] of tables) {
    const box = name.startsWith("effect.")
      ? make("fieldset", { className: "table" }, make("legend", {}, `Settings of ${name.slice("effect.".length)}`))
      : make("details", { open: OPEN.has(name) }, make("summary", {}, TITLES[name] ?? name));
    let above = "";
    for (const row of its) {
      const parts = row.field.path.split(".").slice(name.startsWith("effect.") ? 2 : 1, -1);
      if (parts.join(" ") !== above) {
        above = parts.join(" ");
        box.append(make("div", { className: "row" }, make("h3", {}, above)));
      }
      box.append(row.element);
    }
    shown.set(name, box);
    groups.append(box);
  }
  const choices = effectChoices(fields.find((field) => field.path === "effect.name").suggestions, effects, choose);
  return (values) => {
    for (const [path, row] of rows) row.show(values[path]);
    for (const [name, box] of shown) {
      if (name.startsWith("effect.")) box.hidden = name !== `effect.${values["effect.name"]}`;
    }
    choices(values["effect.name"]);
  };
}

function effectChoices(known, effects, choose) {
  // The raw picture stands last, and apart.
  const names = [...known].sort((a, b) => (a === "none") - (b === "none"));
  const buttons = new Map();
  let now = "";
  let pending = 0;
  const show = (name) => {
    now = name;
    if (!pending && buttons.has(name)) buttons.get(name).checked = true;
  };
  for (const name of names) {
    const input = make("input", { type: "radio", name: "effect", value: name });
    const label = make("label", {}, input, make("span", {}, name === "none" ? "raw picture" : name));
    if (name === "none") label.classList.add("raw");
    input.addEventListener("change", async () => {
      pending += 1;
      await choose(name).catch(() => {});
      pending -= 1;
      show(now);
    });
    buttons.set(name, input);
    effects.append(label);
  }
  return show;
}
