// The picture that the outputs get, or words where there is none: what stood there last must not look as if it were live.

import { ask } from "./ask.js";

const PICTURE_MS = 66;
const AGAIN_MS = 1000;
const MOST_MISSED = 2;
export const PATIENCE_MS = 5000;

// A moment, or less where somebody comes back to the page: what is there is from before.
export function wait(ms) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", end);
      done();
    };
    const timer = setTimeout(end, ms);
    document.addEventListener("visibilitychange", end);
  });
}

export class View {
  constructor(canvas, instead) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.instead = instead;
    this.isLost = false;
    this.missed = 0;
  }

  // Words instead of pictures until `found`: livecut does not answer.
  lose(title, text) {
    this.isLost = true;
    this.say(title, text);
  }

  found() {
    if (!this.isLost) return;
    this.isLost = false;
    this.missed = 0;
    this.instead.hidden = true;
  }

  say(title, text) {
    const [head, more] = this.instead.children;
    if (head.textContent !== title) head.textContent = title;
    if (more.textContent !== text) more.textContent = text;
    this.instead.hidden = false;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  draw(image) {
    const { canvas } = this;
    if (canvas.width !== image.width || canvas.height !== image.height) {
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.parentElement.style.setProperty("--shape", image.width / image.height);
    }
    this.context.drawImage(image, 0, 0);
    this.missed = 0;
    this.instead.hidden = true;
  }

  miss() {
    this.missed += 1;
    if (this.missed < MOST_MISSED || this.isLost) return;
    this.say("No picture comes", "livecut answers, but has had none for seconds. It is shown again once there is one.");
  }

  async watch() {
    const read = async (answer) => (answer.status === 200 ? createImageBitmap(await answer.blob()) : null);
    for (;;) {
      const began = performance.now();
      let pause = PICTURE_MS;
      if (document.hidden) {
        pause = AGAIN_MS;
      } else {
        try {
          const image = await ask("/api/picture", { patience: PATIENCE_MS, read });
          if (image === null) this.miss();
          else if (!this.isLost) this.draw(image);
          image?.close();
        } catch {
          this.miss();
          pause = AGAIN_MS;
        }
      }
      await wait(Math.max(0, pause - (performance.now() - began)));
    }
  }
}
