/** One operation running, at most one more requested: a burst of requests becomes a single further run. */
export class RestartQueue {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(private readonly operation: () => Promise<void>) {}

  /** Resolves when a run that began after this call has ended. Rejects as the last run does. */
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
