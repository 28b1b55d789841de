// The form of Try It: an example of the run or a question of one's own, the phases, the length.

import { ask, busy, cancel, chosen, edited, example, examples, fill, LETTERS, maxTokens, options, question } from "../state/asking";
import { adjust } from "../state/route";
import { phases } from "../state/store";
import { Panel, Select } from "./bits";
import { Icon } from "./icons";

export function AskForm() {
  const list = examples.value.value ?? [];
  const given = LETTERS.filter((letter) => (options.value[letter] ?? "").trim()).length;
  const partial = given > 0 && given < LETTERS.length;
  const ready = question.value.trim().length > 0 && chosen.value.length > 0 && !busy.value && !partial;
  const slot = (index: number) => {
    const value = chosen.value[index] ?? "";
    return (
      <Select
        label={index === 0 ? "Model after" : "and beside it"}
        testid={`ask-phase-${index}`}
        value={value}
        choices={[
          ...(index === 1 ? [{ value: "", label: "none" }] : []),
          ...phases.value.map((one) => ({ value: one.phase, label: one.title })),
        ]}
        onPick={(name) => {
          const next = [...chosen.value];
          if (name) next[index] = name;
          else next.length = index;
          adjust({ ask: [...new Set(next.filter(Boolean))].join(",") });
        }}
      />
    );
  };
  return (
    <Panel testid="try-form" title="Ask">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void ask();
        }}
      >
        {list.length > 0 && (
          <Select
            label="Example from the run's own tasks"
            testid="examples"
            value={example.value?.ex_id ?? ""}
            choices={[
              { value: "", label: "choose one, or write your own" },
              ...list.map((one) => ({
                value: one.ex_id,
                label: `${one.ex_id}${one.hop_len ? `, ${one.hop_len} hops` : ""}: ${one.question.slice(0, 70)}`,
              })),
            ]}
            onPick={(id) => {
              const found = list.find((one) => one.ex_id === id);
              if (found) fill(found);
            }}
          />
        )}
        <label class="field">
          <span>Question</span>
          <textarea
            rows={4}
            maxLength={4000}
            value={question.value}
            data-testid="try-question"
            onInput={(event) => {
              const text = event.currentTarget.value;
              edited(() => (question.value = text));
            }}
          />
        </label>
        <fieldset class="option-inputs">
          <legend class="visually-hidden">Options</legend>
          {LETTERS.map((letter) => (
            <label key={letter}>
              <span class="letter">{letter}</span>
              <input
                type="text"
                maxLength={200}
                aria-label={`Option ${letter}`}
                data-testid={`try-option-${letter}`}
                value={options.value[letter] ?? ""}
                onInput={(event) => {
                  const text = event.currentTarget.value;
                  edited(() => (options.value = { ...options.value, [letter]: text }));
                }}
              />
            </label>
          ))}
        </fieldset>
        <div class="form-row">
          {slot(0)}
          {slot(1)}
          <label class="field">
            <span>Most tokens</span>
            <input
              type="number"
              min={1}
              max={1024}
              value={maxTokens.value}
              data-testid="try-tokens"
              onInput={(event) => {
                const value = Math.round(Number(event.currentTarget.value));
                if (value >= 1) maxTokens.value = Math.min(1024, value);
              }}
            />
          </label>
        </div>
        <p class="note">
          {partial
            ? "Give all four options, or none."
            : example.value
            ? "The right answer of this task is known, so the answers will be scored."
            : "Your own question has no known answer: the answers are shown, not scored."}
        </p>
        <div class="form-row">
          <button type="submit" class="primary" disabled={!ready} data-testid="ask">
            <Icon name="play" size={18} />
            Ask
          </button>
          {busy.value && (
            <button type="button" class="quiet" data-testid="cancel" onClick={() => void cancel()}>
              <Icon name="cross" size={18} />
              Cancel
            </button>
          )}
        </div>
      </form>
    </Panel>
  );
}
