// The bar that plays episodes: first, previous, play, next, last, scrubber, counter, speed.

import { count } from "../lib/format";
import { adjust } from "../state/route";
import { matched, pause, play, playing, position, seek, speed, SPEEDS, step } from "../state/player";
import { Icon } from "./icons";

export function Transport() {
  const total = matched.value;
  const index = position.value;
  const none = total === 0;
  const button = (name: string, label: string, keys: string, act: () => void, off: boolean) => (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={`${label} (${keys})`}
      disabled={off}
      data-testid={`player-${name}`}
      onClick={act}
    >
      <Icon name={name} size={22} />
    </button>
  );
  return (
    <div class="transport" role="group" aria-label="Player" data-testid="player">
      <div class="buttons">
        {button("first", "First episode", "Home", () => seek(0), none || index === 0)}
        {button("prev", "Previous episode", "Left or K", () => step(-1), none || index === 0)}
        <button
          type="button"
          class="icon-button primary"
          aria-label={playing.value ? "Pause" : "Play"}
          title={`${playing.value ? "Pause" : "Play"} (space)`}
          disabled={none}
          data-testid="player-toggle"
          data-playing={playing.value}
          onClick={() => (playing.value ? pause() : play())}
        >
          <Icon name={playing.value ? "pause" : "play"} size={24} />
        </button>
        {button("next", "Next episode", "Right or J", () => step(1), none || index >= total - 1)}
        {button("last", "Last episode", "End", () => seek(total - 1), none || index >= total - 1)}
      </div>
      <input
        class="scrubber"
        type="range"
        min={0}
        max={Math.max(0, total - 1)}
        step={1}
        value={index}
        disabled={none}
        aria-label="Episode"
        aria-valuetext={`Episode ${index + 1} of ${total}`}
        data-testid="player-scrubber"
        onInput={(event) => seek(Number(event.currentTarget.value))}
      />
      <span class="counter" data-testid="player-counter">
        {none ? "0/0" : `${count(index + 1)}/${count(total)}`}
      </span>
      <label class="field speed">
        <span class="visually-hidden">Speed</span>
        <select
          value={String(speed.value)}
          data-testid="player-speed"
          title="Speed"
          onChange={(event) => {
            const value = event.currentTarget.value;
            adjust({ speed: value === "1" ? null : value });
          }}
        >
          {SPEEDS.map((one) => (
            <option key={one} value={String(one)}>
              {one}×
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
