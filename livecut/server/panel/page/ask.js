// What the page asks of livecut, always with the token of the address it was opened by.

const NAME = "livecut-token";

// Out of the address at once: a shared screen or a saved address must not hand the panel on.
function takeToken() {
  if (location.hash.length <= 1) return false;
  sessionStorage.setItem(NAME, location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  return true;
}

takeToken();
// The address of a filter started anew on the same port, opened where the page is: to a browser that is no new page.
addEventListener("hashchange", () => { if (takeToken()) location.reload(); });

// An answer that is no success; `answer` is what it says, `status` 0 where nobody answered.
export class Refused extends Error {
  constructor(status, answer) {
    super([answer.message, answer.hint].filter(Boolean).join("; "));
    this.status = status;
    this.answer = answer;
  }
}

export async function ask(path, { method = "GET", body } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { authorization: `Bearer ${sessionStorage.getItem(NAME) ?? ""}` },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(0, { message: "livecut does not answer: the filter has ended" });
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({ message: `livecut answered ${answer.status}` }));
  throw new Refused(answer.status, said);
}
