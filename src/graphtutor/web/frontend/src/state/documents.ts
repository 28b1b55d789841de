// Questions to documents: what is asked follows from the address, the answer from the server.

import { computed, effect, signal } from "@preact/signals";
import { askDocuments, libraryDocuments, libraryOverview } from "../data/served";
import type { DocumentAnswer, LibraryOverview } from "../data/types";
import { follow } from "./loaded";
import { route } from "./route";
import { announcement, source } from "./store";

export const library = follow<LibraryOverview>(
  () => (source.live ? "library" : ""),
  () => libraryOverview(),
);

/** A store that is there but cannot be read has its tab too: it says why. */
export const hasLibrary = computed(
  () => source.live && (library.value.value?.there === true || library.value.problem !== null),
);

const here = computed(() => route.value.view === "ask");

export const documents = follow(
  () => (here.value && library.value.value?.there ? "documents" : ""),
  () => libraryDocuments(),
);

export const question = computed(() => (here.value ? (route.value.params.q ?? "").trim() : ""));
export const onlyDoc = computed(() => route.value.params.doc ?? "");
export const searchMode = computed(() => {
  const asked = route.value.params.by ?? "";
  return library.value.value?.modes.includes(asked) ? asked : "";
});

export const answered = follow<DocumentAnswer>(
  () =>
    question.value && library.value.value?.there
      ? JSON.stringify([question.value, searchMode.value, onlyDoc.value])
      : "",
  (key) => {
    const [asked, mode, doc] = JSON.parse(key) as [string, string, string];
    return askDocuments({ question: asked, mode: mode || null, docs: doc ? [doc] : [] });
  },
);

/** What the server says it is doing for us. */
export const doing = signal("");

const PAUSE = 600;
effect(() => {
  if (!answered.value.busy) {
    doing.value = "";
    return;
  }
  const look = (): void => {
    libraryOverview().then(
      (told) => {
        if (!answered.peek().busy) return;
        const behind = told.waiting > 0 ? `, ${told.waiting} waiting` : "";
        doing.value = told.doing ? `${told.doing}${behind}` : "";
      },
      () => undefined,
    );
  };
  const timer = setInterval(look, PAUSE);
  look();
  return () => clearInterval(timer);
});

effect(() => {
  const { value, busy, problem } = answered.value;
  if (busy || !question.peek()) return;
  if (problem) announcement.value = "There is no answer.";
  else if (value?.abstained) announcement.value = `I do not know: ${value.reason}.`;
  else if (value) {
    const cited = value.sources.filter((one) => one.cited).length;
    announcement.value = `Answered: ${value.sentences.map((one) => one.text).join(" ")} ${cited} sources cited.`;
  }
});

/** Bring a source to the eye and to the keyboard. */
export function showSource(number: number): void {
  const found = document.getElementById(`source-${number}`);
  if (!found) return;
  found.scrollIntoView({ block: "nearest", behavior: "smooth" });
  found.focus({ preventScroll: true });
}
