// A walk through the page for those who see it for the first time; it can be left at any step.

import { effect, signal, untracked } from "@preact/signals";
import { openView, type View } from "../state/route";
import { Icon } from "./icons";

interface Stop {
  view: View;
  /** The part that the step is about. */
  target: string;
  title: string;
  text: string;
}

const STOPS: Stop[] = [
  {
    view: "runs",
    target: "runs",
    title: "Runs",
    text: "Each card is one run: what share of the questions each phase answers right, with the 95 % interval and the number of tasks.",
  },
  {
    view: "inference",
    target: "question",
    title: "One answer",
    text: "A question asks for a chain of hops from a start. The option that is right and the one that was chosen are both marked.",
  },
  {
    view: "inference",
    target: "graph",
    title: "The subgraph",
    text: "Round boxes lie on the true path, those with cut corners do not. Dashed ones were not mentioned. Heavy lines were said, dotted ones are false.",
  },
  {
    view: "inference",
    target: "hops",
    title: "Statement check",
    text: "Every statement of the trace is looked up in the graph. An answer is grounded if all are true and form the chain that was asked for.",
  },
  {
    view: "inference",
    target: "player",
    title: "The player",
    text: "Space plays, the arrow keys step. Filters of the table below choose which episodes are played.",
  },
  {
    view: "training",
    target: "accuracy-panel",
    title: "Training",
    text: "What the logs recorded, and under RSFT candidates the samples among which the winners were chosen.",
  },
  {
    view: "audit",
    target: "audit-verdict",
    title: "Audit",
    text: "Whether the figures can be believed: leaks from training into evaluation, and guessers that do not reason.",
  },
];

const place = signal(-1);

export function startTour(): void {
  place.value = 0;
}

function mark(): (() => void) | undefined {
  const stop = STOPS[place.value];
  if (!stop) return undefined;
  untracked(() => openView(stop.view));
  let target: Element | null = null;
  let tries = 0;
  const find = (): void => {
    target = document.querySelector(`[data-testid=${stop.target}]`);
    if (target) {
      target.classList.add("toured");
      target.scrollIntoView({ block: "center" });
    } else if (tries++ < 40) timer = setTimeout(find, 100);
  };
  let timer = setTimeout(find, 50);
  return () => {
    clearTimeout(timer);
    target?.classList.remove("toured");
  };
}

effect(mark);

export function Tour() {
  const index = place.value;
  const stop = STOPS[index];
  if (!stop) return null;
  const last = index === STOPS.length - 1;
  return (
    <aside class="tour panel" aria-label="Tour" data-testid="tour">
      <h2>{stop.title}</h2>
      <p>{stop.text}</p>
      <p class="tour-foot">
        <span class="muted">
          {index + 1} of {STOPS.length}
        </span>
        <button type="button" class="quiet" data-testid="tour-skip" onClick={() => (place.value = -1)}>
          {last ? "Done" : "Skip"}
        </button>
        {index > 0 && (
          <button type="button" class="quiet" onClick={() => (place.value = index - 1)}>
            Back
          </button>
        )}
        {!last && (
          <button type="button" class="primary" data-testid="tour-next" onClick={() => (place.value = index + 1)}>
            Next
            <Icon name="arrow" size={18} />
          </button>
        )}
      </p>
    </aside>
  );
}
