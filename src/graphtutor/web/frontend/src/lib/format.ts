import type { Rate } from "../data/types";

export const DASH = "–";

/** 0.769 -> "76.9". */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined || !Number.isFinite(share)
    ? DASH
    : (100 * share).toFixed(digits);
}

/** "76.9 %"; a dash where there is none. */
export function percentSign(share: number | null | undefined, digits = 1): string {
  const text = percent(share, digits);
  return text === DASH ? text : `${text} %`;
}

/** "73.8–79.7". */
export function interval(rate: Rate | null | undefined, digits = 1): string {
  if (!rate || rate.low === null || rate.high === null) return DASH;
  return `${percent(rate.low, digits)}–${percent(rate.high, digits)}`;
}

/** "76.9 % (73.8–79.7, n = 800)". */
export function rateText(rate: Rate | null | undefined): string {
  if (!rate || rate.rate === null) return "not recorded";
  return `${percentSign(rate.rate)} (${interval(rate)}, n = ${count(rate.n)})`;
}

/** 12345 -> "12,345". */
export function count(n: number | null | undefined): string {
  return n === null || n === undefined ? DASH : n.toLocaleString("en-US");
}

/** A signed figure with a true minus: "+0.50", "−2.00". */
export function signed(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value > 0 ? "+" : "−") + text;
}

export function plain(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  return value.toFixed(digits).replace("-", "−");
}

/** 2026-11-21T17:46:28+00:00 -> "2026-11-21 17:46". */
export function moment(text: string | null | undefined): string {
  return text ? text.slice(0, 16).replace("T", " ") : DASH;
}

export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${(size / 1e3).toFixed(1)} kB`;
  return `${(size / 1e6).toFixed(1)} MB`;
}

export function shown(value: unknown): string {
  if (value === null || value === undefined) return DASH;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
