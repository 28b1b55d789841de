/** Calls ``onTick`` every ``period`` ms until stopped; late ticks are made up for, so the rate holds. */
export class Ticker {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = 0;

  constructor(
    private period: number,
    private readonly onTick: () => void,
  ) {}

  get running(): boolean {
    return this.timer !== undefined;
  }

  start(): void {
    this.stop();
    this.due = performance.now() + this.period;
    this.wait();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  setPeriod(period: number): void {
    this.period = period;
    if (this.running) this.start();
  }

  private wait(): void {
    this.timer = setTimeout(
      () => {
        this.due += this.period;
        // After a long sleep of the page nothing is made up for.
        if (performance.now() - this.due > 10 * this.period + 1000) {
          this.due = performance.now() + this.period;
        }
        this.wait();
        this.onTick();
      },
      Math.max(0, this.due - performance.now()),
    );
  }
}
