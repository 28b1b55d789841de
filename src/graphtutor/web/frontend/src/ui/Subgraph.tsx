// The subgraph of one episode: what the question asks for, what the trace names and claims.

import { useMemo } from "preact/hooks";
import type { Frame, GraphEdge, NodeKind } from "../data/types";
import type { PlacedEdge } from "../lib/layout/edges";
import { fitGraph, noteHeight } from "../lib/layout/fit";
import { layoutGraph, type GraphLayout, type LayoutOptions, type PlacedNode } from "../lib/layout/graph";
import { iconPath } from "./icons";
import { measureText, useSize } from "./measure";
import { large } from "../state/prefs";

export const NODE_WORDS: Record<NodeKind, string> = {
  gold: "on the true path",
  mentioned: "on the true path, mentioned",
  missed: "on the true path, not mentioned",
  off_path: "mentioned, off the true path",
};

type EdgeLook = "said" | "gold" | "claimed" | "false" | "context";

export const EDGE_WORDS: Record<EdgeLook, string> = {
  said: "true path, said",
  gold: "true path, not said",
  claimed: "said, true, off the path",
  false: "said, false",
  context: "of the graph, not said",
};

/** The look of an edge: an edge of the true path is drawn heavier where the trace states it. */
function lookOf(edge: GraphEdge, frame: Frame): EdgeLook {
  if (edge.kind !== "gold") return edge.kind;
  if (edge.claimed !== undefined) return edge.claimed ? "said" : "gold";
  const said = (frame.hops ?? []).some(
    (hop) =>
      hop.verdict === "true edge" &&
      hop.relation === edge.relation &&
      hop.source === edge.source &&
      hop.target === edge.target,
  );
  return said ? "said" : "gold";
}

/** Off-path nodes have cut corners, those of the path round ones. */
function outline(node: PlacedNode): string {
  const { x, y, w, h } = node.box;
  if (node.kind === "off_path") {
    const c = Math.min(12, h / 3);
    return `M${x + c} ${y}H${x + w - c}L${x + w} ${y + c}V${y + h - c}L${x + w - c} ${y + h}H${x + c}L${x} ${y + h - c}V${y + c}Z`;
  }
  const r = Math.min(14, h / 2);
  return `M${x + r} ${y}H${x + w - r}A${r} ${r} 0 0 1 ${x + w} ${y + r}V${y + h - r}A${r} ${r} 0 0 1 ${x + w - r} ${y + h}H${x + r}A${r} ${r} 0 0 1 ${x} ${y + h - r}V${y + r}A${r} ${r} 0 0 1 ${x + r} ${y}Z`;
}

function Node({ node, size }: { node: PlacedNode; size: number }) {
  const { box } = node;
  const icons = [
    node.start && "flag",
    node.answer && "star",
    node.chosen && "pointer",
  ].filter((one): one is string => Boolean(one));
  const step = size * 1.25;
  const left = box.x + size * 0.7;
  const textX = left + icons.length * step + (box.w - size * 1.4 - icons.length * step) / 2;
  const lineHeight = size * 1.2;
  const top = box.y + box.h / 2 - ((node.lines.length - 1) * lineHeight) / 2;
  const told = [
    node.label,
    NODE_WORDS[node.kind],
    node.start && "start",
    node.answer && "right answer",
    node.chosen && "chosen",
  ].filter(Boolean);
  return (
    <g class={`node node-${node.kind}${node.answer ? " is-answer" : ""}${node.chosen ? " is-chosen" : ""}`} data-id={node.id} data-kind={node.kind}>
      <title>{told.join(", ")}</title>
      <path class="shape" d={outline(node)} />
      {icons.map((name, index) => (
        <path
          key={name}
          class={`glyph glyph-${name}`}
          d={iconPath(name)}
          transform={`translate(${left + index * step} ${box.y + box.h / 2 - size / 2}) scale(${size / 24})`}
        />
      ))}
      {node.lines.map((line, index) => (
        <text key={index} class="node-label" x={textX} y={top + index * lineHeight} font-size={size}>
          {line}
        </text>
      ))}
    </g>
  );
}

function EdgeLine({ edge, look }: { edge: PlacedEdge; look: EdgeLook }) {
  return (
    <path class={`edge edge-${look}`} data-source={edge.source} data-relation={edge.relation} data-target={edge.target} data-look={look} d={edge.path} marker-end={`url(#arrow-${look})`}>
      <title>{`${edge.source} ${edge.text} ${edge.target}: ${EDGE_WORDS[look]}`}</title>
    </path>
  );
}

function EdgeLabel({ edge, look, size }: { edge: PlacedEdge; look: EdgeLook; size: number }) {
  if (!edge.label) return null;
  const { x, y, w, h } = edge.label;
  return (
    <g class={`edge-label label-${look}`}>
      <rect x={x} y={y} width={w} height={h} rx={h / 3} />
      <text x={x + w / 2} y={y + h / 2} font-size={size}>
        {edge.text}
      </text>
    </g>
  );
}

const LOOKS: EdgeLook[] = ["said", "gold", "claimed", "false", "context"];

function Markers() {
  return (
    <defs>
      {LOOKS.map((look) => (
        <marker
          key={look}
          id={`arrow-${look}`}
          class={`arrow arrow-${look}`}
          viewBox="0 0 10 10"
          refX="8"
          refY="5"
          markerWidth="12"
          markerHeight="12"
          markerUnits="userSpaceOnUse"
          orient="auto-start-reverse"
        >
          <path d="M0 0.5L10 5L0 9.5z" />
        </marker>
      ))}
    </defs>
  );
}

export let lastLayout: GraphLayout | null = null;

/** What the drawing shows, for those who do not see it. */
function words(frame: Frame): string {
  const of = (kind: NodeKind): string[] =>
    frame.graph.nodes.filter((node) => node.kind === kind).map((node) => node.label);
  const list = (names: string[]): string => (names.length ? names.join(", ") : "none");
  const wrong = frame.graph.edges.filter((edge) => edge.kind === "false");
  return [
    `True path: ${frame.gold.entities.join(", ")}.`,
    `Mentioned: ${list(of("mentioned"))}.`,
    `Missed: ${list(of("missed"))}.`,
    `Off the path: ${list(of("off_path"))}.`,
    `False statements: ${list(wrong.map((edge) => `${edge.source} ${edge.phrase} ${edge.target}`))}.`,
  ].join(" ");
}

function arranged(frame: Frame, options: LayoutOptions, fill: boolean): GraphLayout & { leftOut: number } {
  const { nodes, edges, left_out } = frame.graph;
  const { entities } = frame.gold;
  if (!fill) return { ...layoutGraph(nodes, edges, entities, options), leftOut: 0 };
  const told = left_out ? noteHeight(options.size) : 0;
  return fitGraph(nodes, edges, entities, { ...options, height: options.height - told });
}

export function Subgraph(props: { frame: Frame; textSize?: number; minHeight?: number; fill?: boolean }) {
  const [ref, seen] = useSize<HTMLDivElement>();
  const size = props.textSize ?? (large.value ? 22 : 18);
  const { frame } = props;
  const height = props.fill ? Math.max(seen.height, 200) : (props.minHeight ?? 420);
  const layout = useMemo(
    () =>
      seen.width > 40
        ? arranged(frame, { width: seen.width, height, size, measure: measureText }, props.fill === true)
        : null,
    [frame, seen.width, height, size, props.fill],
  );
  lastLayout = layout;
  const leftOut = (layout?.leftOut ?? 0) + (frame.graph.left_out ?? 0);
  const note = leftOut > 0 ? `and ${leftOut} more ${leftOut === 1 ? "name" : "names"} off the path` : "";
  // A small drawing stands in the middle of the room it has, above what is said of the rest.
  const told = note ? noteHeight(size) : 0;
  const drawn = (layout?.height ?? 0) + told;
  const total = Math.max(drawn, height);
  const lift = (total - drawn) / 2;
  // On the stage the drawing has to fit; a path that is taller by itself is drawn smaller.
  const shown = props.fill ? height : total;
  const looks = layout?.edges.map((edge) => lookOf(edge, frame)) ?? [];
  return (
    <div class={`subgraph${props.fill ? " fills" : ""}`} ref={ref} data-testid="subgraph">
      {layout && (
        <svg
          data-export
          data-ex={frame.ex_id}
          role="img"
          aria-label={words(frame)}
          width={layout.width}
          height={shown}
          viewBox={`0 ${-lift} ${layout.width} ${total}`}
        >
          <Markers />
          <g class="edges">
            {layout.edges.map((edge, index) => (
              <EdgeLine key={index} edge={edge} look={looks[index]!} />
            ))}
          </g>
          <g class="nodes">
            {layout.nodes.map((node) => (
              <Node key={node.id} node={node} size={size} />
            ))}
          </g>
          <g class="labels">
            {layout.edges.map((edge, index) => (
              <EdgeLabel key={index} edge={edge} look={looks[index]!} size={size} />
            ))}
          </g>
          {note && (
            <text class="left-out" x={layout.width / 2} y={total - lift - told / 2} font-size={size}>
              {note}
            </text>
          )}
        </svg>
      )}
    </div>
  );
}

function NodeKey({ kind }: { kind: NodeKind }) {
  const node = { kind, box: { x: 2, y: 3, w: 40, h: 18 } } as PlacedNode;
  return (
    <svg width="44" height="24" viewBox="0 0 44 24" aria-hidden="true" class={`node node-${kind}`}>
      <path class="shape" d={outline(node)} />
    </svg>
  );
}

export function Legend() {
  return (
    <ul class="legend" data-testid="legend">
      {(["mentioned", "missed", "off_path"] as const).map((kind) => (
        <li key={kind}>
          <NodeKey kind={kind} />
          {NODE_WORDS[kind]}
        </li>
      ))}
      {LOOKS.map((look) => (
        <li key={look}>
          <svg width="44" height="24" viewBox="0 0 44 24" aria-hidden="true">
            <path class={`edge edge-${look}`} d="M2 12H40" />
          </svg>
          {EDGE_WORDS[look]}
        </li>
      ))}
      {(
        [
          ["flag", "start"],
          ["star", "right answer"],
          ["pointer", "chosen"],
        ] as const
      ).map(([name, text]) => (
        <li key={name}>
          <svg width="24" height="24" viewBox="-2 -2 28 28" aria-hidden="true">
            <path class={`glyph glyph-${name}`} d={iconPath(name)} />
          </svg>
          {text}
        </li>
      ))}
    </ul>
  );
}
