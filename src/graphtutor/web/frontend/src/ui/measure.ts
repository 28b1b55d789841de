import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

let context: CanvasRenderingContext2D | null = null;
const known = new Map<string, number>();

/** The width of ``text`` in px, in the page's font. */
export function measureText(text: string, size: number, bold: boolean): number {
  const key = `${bold ? "b" : ""}${size} ${text}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  context ??= document.createElement("canvas").getContext("2d");
  let width = text.length * size * 0.56;
  if (context) {
    context.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    width = context.measureText(text).width;
  }
  if (known.size > 5000) known.clear();
  known.set(key, width);
  return width;
}

/** The width and height of an element, as it changes. */
export function useSize<T extends HTMLElement>(): [RefObject<T | null>, { width: number; height: number }] {
  const ref = useRef<T>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const read = (): void => {
      const width = Math.floor(element.clientWidth);
      const height = Math.floor(element.clientHeight);
      setSize((before) =>
        before.width === width && before.height === height ? before : { width, height },
      );
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}

export const narrow = signal(false);
const media = matchMedia("(max-width: 699px)");
narrow.value = media.matches;
media.addEventListener("change", (event) => {
  narrow.value = event.matches;
});

/** The size of the window. */
export const screen = signal({ width: innerWidth, height: innerHeight });
addEventListener("resize", () => {
  screen.value = { width: innerWidth, height: innerHeight };
});
