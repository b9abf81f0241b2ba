// A media plane on a fake clock with a fake network, and the shortcuts tests of it share.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededIds, type Ids, silentLog } from '@roomtape/media';
import { openTapeReader, type TapeEntry } from '@roomtape/tape';
import { createFakeClock, type FakeClock, type PacketFaults } from '@roomtape/testkit';
import type { MediaEvent, MediaPlane, SessionAnswer, SessionRequest, TapeRequest } from '../media-plane.ts';
import { createMediaPlane } from '../media-plane-instance.ts';
import type { MediaPlaneLimits } from '../media-plane-options.ts';
import { type FakeTransport, FakeTransports } from './fake-transports.ts';
import { TestPublisher, type TestPublisherOptions } from './test-publisher.ts';

/** A client with its answer. */
export type TestClient = {
  readonly publisher: TestPublisher;
  transport: FakeTransport;
  readonly answer: SessionAnswer;
  readonly sessionId: string;
};

/** What a harness is made of. */
export type HarnessOptions = {
  readonly seed?: number;
  readonly toServer?: PacketFaults;
  readonly toClient?: PacketFaults;
  readonly limits?: Partial<MediaPlaneLimits>;
};

/** The harness; `close` removes its files. */
export class PlaneHarness {
  readonly clock: FakeClock = createFakeClock();
  readonly ids: Ids;
  readonly transports: FakeTransports;
  readonly plane: MediaPlane;
  readonly events: MediaEvent[] = [];
  readonly directory: string;
  #serial = 0;

  constructor(options: HarnessOptions = {}) {
    const { clock } = this;
    this.ids = createSeededIds(options.seed ?? 1);
    const { toServer = {}, toClient = {} } = options;
    this.transports = new FakeTransports({ clock, ids: this.ids, toServer, toClient });
    this.directory = mkdtempSync(join(tmpdir(), 'roomtape-plane-'));
    this.plane = createMediaPlane({
      transports: this.transports,
      clock,
      ids: this.ids,
      log: silentLog,
      onEvent: (event) => this.events.push(event),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      tapeOptions: { limits: { queueBytesMax: 512 * 1024 * 1024 } },
    });
  }

  /** Opens a publish session, connects it and begins sending. */
  async publish(
    request: Partial<SessionRequest> = {},
    options: Partial<TestPublisherOptions> = {},
  ): Promise<TestClient> {
    const client = await this.open({ kind: 'publish', ...request }, options);
    this.clock.advance(10);
    client.publisher.start();
    return client;
  }

  /** Opens a session of either kind without sending anything. */
  async open(
    request: Partial<SessionRequest>,
    options: Partial<TestPublisherOptions> = {},
    onPacket?: (packet: Uint8Array) => void,
  ): Promise<TestClient> {
    this.#serial += 1;
    const sessionId = request.sessionId ?? `session${this.#serial}`;
    const publisher: TestPublisher = new TestPublisher({
      clock: this.clock,
      ids: this.ids,
      ...options,
      send: (packet) => client?.transport.send(packet),
    });
    const transport = await this.transports.offer({
      onPacket: onPacket ?? ((packet) => publisher.receive(packet)),
      onState: () => {},
    });
    const offerSdp = publisher.offer(transport.local, request.kind === 'play' ? 'recvonly' : 'sendonly');
    const answer = await this.plane.openSession({
      roomId: 'room',
      streamId: 'stream',
      userId: 'user',
      kind: 'publish',
      offerSdp,
      ...request,
      sessionId,
    });
    const client: TestClient = { publisher, transport, answer, sessionId };
    return client;
  }

  /** Starts a tape of the default stream. */
  async tape(tapeId = 'tape'): Promise<TapeRequest> {
    const request = {
      roomId: 'room',
      streamId: 'stream',
      userId: 'user',
      tapeId,
      directory: join(this.directory, tapeId),
    };
    await this.plane.startTape(request);
    return request;
  }

  /** Everything a tape says so far. */
  async entries(tapeId = 'tape'): Promise<TapeEntry[]> {
    await this.plane.flushTape(tapeId);
    return this.read(tapeId);
  }

  /** Everything readable of a tape, also after it was stopped. */
  read(tapeId = 'tape'): TapeEntry[] {
    const reader = openTapeReader(join(this.directory, tapeId));
    const entries = [...reader].map(({ entry }) => entry);
    reader.close();
    return entries;
  }

  async close(): Promise<void> {
    await this.plane.close();
    await this.transports.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
