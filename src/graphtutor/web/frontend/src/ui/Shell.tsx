// What stands around every view: name, run, tabs, settings, help, messages.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hasLibrary } from "../state/documents";
import { isDark, large, theme } from "../state/prefs";
import { go, linkTo, openView, route, settle, VIEWS, WITHOUT_RUN, type View } from "../state/route";
import { announcement, helpOpen, notify, run, runId, runList, source, toast } from "../state/store";
import { Icon, Mark } from "./icons";
import { startTour, Tour } from "./Tour";

export const TITLES: Record<View, string> = {
  runs: "Runs",
  training: "Training",
  inference: "Inference",
  try: "Try It",
  distribution: "Distribution",
  audit: "Audit",
  ask: "Ask",
  blueprints: "Blueprints",
};

async function copyLink(): Promise<void> {
  settle();
  try {
    await navigator.clipboard.writeText(location.href);
    notify("Link copied");
  } catch {
    notify("Copy the address bar: the link stands there");
  }
}

const NEXT_THEME = { auto: "light", light: "dark", dark: "auto" } as const;

function Tools() {
  const name = theme.value;
  return (
    <div class="tools">
      <button type="button" class="icon-button" onClick={() => void copyLink()} aria-label="Copy link" title="Copy link" data-testid="copy-link">
        <Icon name="link" />
      </button>
      <button
        type="button"
        class="icon-button"
        onClick={() => (theme.value = NEXT_THEME[name])}
        aria-label={`Theme: ${name}`}
        title={`Theme: ${name}`}
        data-testid="theme"
      >
        <Icon name={name === "auto" ? "auto" : isDark() ? "moon" : "sun"} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-pressed={large.value}
        onClick={() => (large.value = !large.value)}
        aria-label="Large type"
        title="Large type"
        data-testid="large"
      >
        <Icon name="size" />
      </button>
      <button type="button" class="icon-button" onClick={() => (helpOpen.value = true)} aria-label="Help" title="Help (?)" data-testid="help">
        <Icon name="help" />
      </button>
    </div>
  );
}

function RunPicker() {
  const list = runList.value.value?.runs ?? [];
  if (list.length === 0) return null;
  return (
    <label class="field run-picker">
      <span>Run</span>
      <select
        value={runId.value}
        data-testid="run-picker"
        onChange={(event) => go({ run: event.currentTarget.value, ex: null, filter: null, phase: null })}
      >
        {!list.some((one) => one.id === runId.value) && <option value={runId.value}>{runId.value}</option>}
        {list.map((one) => (
          <option key={one.id} value={one.id}>
            {one.id}
          </option>
        ))}
      </select>
    </label>
  );
}

const KEYS: [string, string][] = [
  ["1 to 8", "the tabs"],
  ["Right or J", "next episode"],
  ["Left or K", "previous episode"],
  ["Space", "play or pause"],
  ["Home, End", "first, last episode"],
  ["/", "search"],
  ["R", "reveal, in a quiz"],
  ["?", "this help"],
  ["Esc", "close, leave a field or the demo"],
];

const WORDS: [string, string][] = [
  ["right", "The letter is right. An answer out of format counts as wrong."],
  [
    "grounded",
    "The letter is right, every statement of the trace is an edge of the graph, and the statements form the chain that was asked for, ending at the chosen option.",
  ],
  ["trace", "The one or two sentences in which the model says how it gets to its answer."],
  ["hop", "One step along an edge of the graph. Evaluation questions ask for chains of several hops."],
  ["SFT", "Supervised fine-tuning: the model learns the answer format and the single facts."],
  [
    "RSFT",
    "Rejection sampling fine-tuning: the model samples several answers to a task, the graph checks them, and it trains on the best of its own verified ones.",
  ],
  ["tier", "Tier 1: the graph allows one answer. Tier 2: it allows 2 to 4, one of which is among the options."],
  ["n and interval", "Every share is given with the number of tasks behind it and its 95 % interval."],
];

function Help() {
  const ref = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={ref}
      class="help"
      aria-labelledby="help-title"
      data-testid="help-overlay"
      onClose={() => (helpOpen.value = false)}
      onClick={(event) => {
        if (event.target === ref.current) helpOpen.value = false;
      }}
    >
      {open && (
        <div class="help-body">
          <header class="panel-head">
            <h2 id="help-title">Help</h2>
            <div class="tools">
              <button type="button" class="icon-button" aria-label="Close" onClick={() => (helpOpen.value = false)}>
                <Icon name="cross" />
              </button>
            </div>
          </header>
          <p class="help-tour">
            <button
              type="button"
              class="primary"
              data-testid="tour-start"
              onClick={() => {
                helpOpen.value = false;
                startTour();
              }}
            >
              <Icon name="arrow" size={18} />
              Show me around
            </button>
          </p>
          <div class="help-columns">
            <section>
              <h3>Keys</h3>
              <dl class="keys">
                {KEYS.map(([key, text]) => (
                  <div key={key}>
                    <dt>
                      <kbd>{key}</kbd>
                    </dt>
                    <dd>{text}</dd>
                  </div>
                ))}
              </dl>
              <h3>Filter expressions</h3>
              <p>
                <code>hop &gt;= 5 and not right</code>, <code>reward &lt; 0 or cut</code>, <code>answer in (A, B)</code>,{" "}
                <code>id ~ "0001"</code>. Columns: answer, star, right, grounded, valid, cut, hop, tier, reward,
                coverage, tokens, length, id, phase, i.
              </p>
            </section>
            <section>
              <h3>Words</h3>
              <dl class="words">
                {WORDS.map(([word, text]) => (
                  <div key={word}>
                    <dt>{word}</dt>
                    <dd>{text}</dd>
                  </div>
                ))}
              </dl>
            </section>
          </div>
        </div>
      )}
    </dialog>
  );
}

export function Messages() {
  return (
    <>
      <div class="visually-hidden" aria-live="polite" data-testid="live-region">
        {announcement.value}
      </div>
      <div class="toast" role="status">
        {toast.value && <span>{toast.value}</span>}
      </div>
      <Help />
      <Tour />
    </>
  );
}

export function Shell({ children }: { children: ComponentChildren }) {
  const view = route.value.view;
  const tabs = run.value?.tabs;
  useEffect(() => {
    const named = runId.value && !WITHOUT_RUN.has(view) ? `, ${runId.value}` : "";
    document.title = `${TITLES[view]}${named} - graphtutor`;
  }, [view, runId.value]);
  const there: Partial<Record<View, boolean>> = {
    training: !tabs || tabs.training || tabs.candidates,
    ask: hasLibrary.value,
    blueprints: source.live,
  };
  const shown = VIEWS.filter((one) => there[one] ?? true);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const bar = nav.current;
    const tab = bar?.querySelector<HTMLElement>("[aria-current]");
    if (bar && tab) bar.scrollLeft = tab.offsetLeft - (bar.clientWidth - tab.clientWidth) / 2;
  }, [view, shown.length]);
  return (
    <div class="app" data-view={view}>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>
        To the content
      </a>
      <header class="top">
        <div class="top-row">
          <a class="brand" href={linkTo("runs")}>
            <Mark />
            <span>graphtutor</span>
          </a>
          {!WITHOUT_RUN.has(view) && <RunPicker />}
          {!WITHOUT_RUN.has(view) && run.value?.live && <span class="live">being written</span>}
          {!source.live && <span class="muted export-note">export</span>}
          <Tools />
        </div>
        <nav class="tabs" aria-label="Views" ref={nav}>
          {shown.map((one) => (
            <a
              key={one}
              href={linkTo(one)}
              aria-current={one === view ? "page" : undefined}
              data-testid={`tab-${one}`}
              title={`${TITLES[one]} (${VIEWS.indexOf(one) + 1})`}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                openView(one);
              }}
            >
              {TITLES[one]}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        <h1 class="visually-hidden">{TITLES[view]}</h1>
        {children}
      </main>
      <Messages />
    </div>
  );
}
