// The page's side of its worker (worker.ts): jobs with their results, and files as they are stored.
import type { JobResult, StoreResult, WorkerReport, WorkerRequest } from "./worker-protocol.ts";

type Job = Extract<WorkerRequest, { job: number }>;
type WithoutNumber<Request> = Request extends Job ? Omit<Request, "job"> : never;

/** What becomes of the file that is written under one key. */
export interface StoreEvents {
  /** These bytes have left memory. */
  onWritten: (bytes: number) => void;
  onStored: (result: StoreResult) => void;
}

export class PageWorker {
  #worker: Worker | undefined;
  /** Requests of the moment before the worker runs: those of a person who was quick. */
  #early: WorkerRequest[] = [];
  readonly #jobs = new Map<number, (result: JobResult) => void>();
  readonly #stores = new Map<string, StoreEvents>();
  #lastJob = 0;

  /**
   * Starts the worker.
   * @param code - its script, which takes a moment to unpack
   * @throws unknown when this browser cannot unpack or start it
   */
  async start(code: Promise<string>): Promise<void> {
    const url = URL.createObjectURL(new Blob([await code], { type: "text/javascript" }));
    this.#worker = new Worker(url);
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => this.#handle(data);
    for (const request of this.#early) this.tell(request);
    this.#early = [];
  }

  /** Resolves with what came of it; never rejects. */
  run(request: WithoutNumber<WorkerRequest>): Promise<JobResult> {
    this.#lastJob += 1;
    const job = this.#lastJob;
    return new Promise((resolve) => {
      this.#jobs.set(job, resolve);
      this.tell({ ...request, job } as WorkerRequest);
    });
  }

  tell(request: WorkerRequest): void {
    if (this.#worker === undefined) this.#early.push(request);
    else this.#worker.postMessage(request, request.op === "write" ? [request.chunk] : []);
  }

  /** Reports about this key go to `events` until it is stored or `ignore` is called. */
  listen(key: string, events: StoreEvents): void {
    this.#stores.set(key, events);
  }

  ignore(key: string): void {
    this.#stores.delete(key);
  }

  #handle(report: WorkerReport): void {
    switch (report.report) {
      case "done":
        this.#jobs.get(report.job)?.(report.result);
        this.#jobs.delete(report.job);
        return;
      case "written":
        this.#stores.get(report.key)?.onWritten(report.bytes);
        return;
      case "stored": {
        const events = this.#stores.get(report.key);
        this.#stores.delete(report.key);
        events?.onStored(report.result);
      }
    }
  }
}
