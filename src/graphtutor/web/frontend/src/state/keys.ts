// The keyboard, for those who do not use a mouse. Keys typed into a field belong to the field.

import { demoOn, demoStep, demoToggle, leaveDemo } from "./demo";
import { matched, quiz, revealed, seek, step, toggle } from "./player";
import { openView, route, VIEWS } from "./route";
import { helpOpen } from "./store";

const TYPED = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const PRESSED = new Set(["BUTTON", "A", "SUMMARY"]);

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement | null;
  const tag = target?.tagName ?? "";
  if (event.key === "Escape") {
    if (helpOpen.peek()) helpOpen.value = false;
    else if (TYPED.has(tag)) target!.blur();
    else if (demoOn.peek()) leaveDemo();
    return;
  }
  if (helpOpen.peek() || TYPED.has(tag) || target?.isContentEditable) return;
  const playing = route.peek().view === "inference";
  const act = action(event.key, playing, PRESSED.has(tag));
  if (!act) return;
  event.preventDefault();
  act();
}

function action(key: string, player: boolean, onButton: boolean): (() => void) | null {
  if (key === "?") return () => (helpOpen.value = true);
  const number = Number(key);
  if (number >= 1 && number <= VIEWS.length && key.length === 1) return () => openView(VIEWS[number - 1]!);
  if (key === "/") {
    return () => {
      if (!player) openView("inference");
      requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-testid=search]")?.focus());
    };
  }
  if (!player) return null;
  const demo = demoOn.peek();
  switch (key) {
    case " ":
      return onButton ? null : demo ? demoToggle : toggle;
    case "ArrowRight":
    case "j":
    case "J":
      return () => (demo ? demoStep(1) : step(1));
    case "ArrowLeft":
    case "k":
    case "K":
      return () => (demo ? demoStep(-1) : step(-1));
    case "Home":
      return demo ? null : () => seek(0);
    case "End":
      return demo ? null : () => seek(matched.peek() - 1);
    case "r":
    case "R":
      return quiz.peek() ? () => (revealed.value = true) : null;
    default:
      return null;
  }
}

export function listenKeys(): void {
  addEventListener("keydown", onKey);
}
