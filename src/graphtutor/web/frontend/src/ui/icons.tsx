// Icons drawn here, so that no font has to have them.

const PATHS: Record<string, string> = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M8 5v14M16 5v14",
  first: "M18 6l-8 6 8 6zM6 6v12",
  prev: "M17 6l-9 6 9 6z",
  next: "M7 6l9 6-9 6z",
  last: "M6 6l8 6-8 6zM18 6v12",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  size: "M3 19l5-13 5 13M4.8 14.5h6.4M15 19l3.5-9 3.5 9M16.2 16h4.6",
  link: "M10 14a4 4 0 0 0 5.7 0l3.3-3.3a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0L5 13.3a4 4 0 0 0 5.7 5.7l1.3-1.3",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.1-1.5 2.4M12 17.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  check: "M4.5 12.5l5 5 10-11",
  cross: "M6 6l12 12M18 6L6 18",
  flag: "M6 21V4M6 5h11l-2.5 4L17 13H6",
  star: "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z",
  pointer: "M6 4l12.5 8-5.6 1.2L10.3 19z",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L20 20",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4",
  alert: "M12 4L2.8 19.5h18.4zM12 10v4.5M12 17v.01",
  dot: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  arrow: "M5 12h14M13 6l6 6-6 6",
  back: "M19 12H5M11 6l-6 6 6 6",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  cut: "M6 4l12 12M18 4L6 16M6 16a2.5 2.5 0 1 0 0 .01M18 16a2.5 2.5 0 1 0 0 .01",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
};

const FILLED = new Set(["play", "prev", "next", "first", "last", "star", "pointer", "dot"]);

export function Icon({ name, size = 20, title }: { name: string; size?: number; title?: string }) {
  return (
    <svg
      class={`icon icon-${name}`}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={FILLED.has(name) ? "currentColor" : "none"}
      stroke="currentColor"
      stroke-width="1.9"
      stroke-linecap="round"
      stroke-linejoin="round"
      role={title ? "img" : undefined}
      aria-label={title}
      aria-hidden={title ? undefined : "true"}
      focusable="false"
    >
      <path d={PATHS[name] ?? PATHS.dot} />
    </svg>
  );
}

export const iconPath = (name: string): string => PATHS[name] ?? "";

export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M6 23L16 8l10 15" fill="none" stroke="currentColor" stroke-width="2.4" />
      <path d="M6 23h20" fill="none" stroke="currentColor" stroke-width="2.4" stroke-dasharray="2.5 4" />
      <circle cx="6" cy="23" r="4" fill="currentColor" />
      <circle cx="16" cy="8" r="4" fill="currentColor" />
      <circle cx="26" cy="23" r="4" fill="currentColor" />
    </svg>
  );
}
