import type { RefObject } from "preact";
import { pngBlob, save, saveText, svgText } from "../lib/export";
import { notify } from "../state/store";
import { Icon } from "./icons";

/** SVG and 2x PNG of the drawing inside ``target``. */
export function ExportMenu({ target, name }: { target: RefObject<HTMLElement | null>; name: string }) {
  const drawing = (): SVGSVGElement | null => target.current?.querySelector("svg[data-export]") ?? null;
  const svg = (): void => {
    const found = drawing();
    if (found) saveText(svgText(found), `${name}.svg`, "image/svg+xml");
  };
  const png = async (): Promise<void> => {
    const found = drawing();
    if (!found) return;
    try {
      save(await pngBlob(found), `${name}.png`);
    } catch {
      notify("This browser made no PNG; the SVG button works");
    }
  };
  return (
    <span class="export" data-testid="export">
      <button type="button" class="quiet" onClick={svg} title="Save this drawing as SVG">
        <Icon name="download" size={16} />
        SVG
      </button>
      <button type="button" class="quiet" onClick={() => void png()} title="Save this drawing as PNG, twice its size">
        <Icon name="download" size={16} />
        PNG
      </button>
    </span>
  );
}
