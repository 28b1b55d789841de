// What the reader likes: kept in the browser, never sent.

import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

function read(key: string): string | null {
  try {
    return localStorage.getItem(`graphtutor.${key}`);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`graphtutor.${key}`, value);
  } catch {
    // A page from a file may have no storage; the choice then lasts as long as the page.
  }
}

const first = new URLSearchParams(location.search);
const asked = first.get("theme") ?? read("theme");

export const theme = signal<Theme>(asked === "light" || asked === "dark" ? asked : "auto");
export const large = signal<boolean>((first.get("large") ?? read("large")) === "1");

const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(darkQuery.matches);
darkQuery.addEventListener("change", (event) => {
  systemDark.value = event.matches;
});

export function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "auto" && systemDark.value);
}

export function applyPrefs(): void {
  effect(() => {
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    keep("theme", theme.value);
  });
  effect(() => {
    document.documentElement.toggleAttribute("data-large", large.value);
    keep("large", large.value ? "1" : "0");
  });
}
