// A domain: evolutions that build on each other, their subtopics, one topic taken apart.

import { useEffect, useRef } from "preact/hooks";
import type { BlueprintDomain, BlueprintTopic } from "../data/types";
import { go, route } from "../state/route";
import { Empty, Panel } from "./bits";

function Topic({ domain, topic }: { domain: BlueprintDomain; topic: BlueprintTopic }) {
  const place = useRef<HTMLDivElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // A link to a topic does not take the focus; choosing another does.
    if (first.current) first.current = false;
    else place.current?.focus();
  }, [topic.id]);
  return (
    <Panel testid="topic" title={topic.title} note={`${domain.framework}, ${topic.strands.length} strands`}>
      <div class="strands" ref={place} tabIndex={-1} aria-label={topic.title} role="group">
        {topic.strands.map((strand, index) => (
          <dl class="strand" key={index}>
            {domain.levels.map((level, at) => (
              <div key={level.id} data-level={level.id}>
                <dt title={level.holds}>{level.label}</dt>
                <dd class="foreign">{strand[at]}</dd>
              </div>
            ))}
          </dl>
        ))}
      </div>
      {topic.short && (
        <p class="short-form" data-testid="short-form">
          <span class="note">{domain.short_label}</span> <strong class="foreign">{topic.short}</strong>
        </p>
      )}
    </Panel>
  );
}

export function Hierarchy({ domain }: { domain: BlueprintDomain }) {
  const topics = domain.hierarchy.flatMap((one) => one.subtopics.flatMap((subtopic) => subtopic.topics));
  const asked = route.value.params.topic;
  const topic = topics.find((one) => one.id === asked) ?? topics[0];
  return (
    <div class="hierarchy-and-topic">
      <Panel testid="hierarchy" title={domain.title} note={`${domain.hierarchy.length} evolutions, each builds on those above it`}>
        <ol class="evolutions">
          {domain.hierarchy.map((one) => (
            <li key={one.evolution} data-testid="evolution">
              <h3>
                <span class="source-number" aria-hidden="true">{one.evolution}</span>
                <span class="foreign">{one.title}</span>
              </h3>
              <p class="note foreign">{one.builds}</p>
              <ul class="subtopics">
                {one.subtopics.map((subtopic) => (
                  <li key={subtopic.number}>
                    <span class="subtopic foreign">
                      <span class="muted">{subtopic.number}</span> {subtopic.title}
                    </span>
                    <div class="examples">
                      {subtopic.topics.map((found) => (
                        <button
                          type="button"
                          key={found.id}
                          class="example foreign"
                          aria-pressed={found.id === topic?.id}
                          data-testid="topic-pick"
                          onClick={() => go({ topic: found.id })}
                        >
                          {found.title}
                        </button>
                      ))}
                    </div>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ol>
      </Panel>
      {topic ? <Topic domain={domain} topic={topic} /> : <Empty>This domain has no topics.</Empty>}
    </div>
  );
}
