/** Runs one operation at a time; requests that arrive meanwhile become a single further run. */
export class RestartQueue {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(private readonly operation: () => Promise<void>) {}

  /** Resolves once a run that started after this call has finished. Rejects if the last run does. */
  request(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.drain().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async drain(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.operation();
      } catch (error) {
        if (!this.again) throw error;
      }
    } while (this.again);
  }
}
