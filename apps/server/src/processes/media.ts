// A media process: one UDP and TCP port, the media plane behind it, obeying `control` over IPC. It knows no
// HTTP, rooms or recordings; media bytes never leave it but to the network and the tapes.

import { createSystemClock, createSystemIds, type MediaKind, RoomtapeError } from '@roomtape/media';
import {
  createMediaPlane,
  createNativeTransportFactory,
  type MediaPlane,
  type NativeTransportFactory,
  type SessionPatch,
  type SessionRequest,
  type StreamKey,
  type TapeRequest,
  TcpGateway,
  tcpPassiveCandidate,
} from '@roomtape/webrtc';
import { createPinoLog } from '../log.ts';
import { runChild } from './child-main.ts';
import type { IpcPeer } from './ipc.ts';
import type { MediaSettings } from './settings.ts';

type Running = {
  readonly plane: MediaPlane;
  readonly transports: NativeTransportFactory;
  readonly gateway: TcpGateway;
};

const BIND_ERRORS = ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'];

const clock = createSystemClock({ keepAlive: true });
let running: Running | undefined;

runChild({
  open,
  methods: {
    openSession: (request: SessionRequest) => plane().openSession(request),
    patchSession: (patch: SessionPatch) => plane().patchSession(patch),
    closeSession: (sessionId: string, reason: string) => plane().closeSession(sessionId, reason),
    startTape: (request: TapeRequest) => plane().startTape(request),
    setTapePaused: (tapeId: string, paused: boolean) => plane().setTapePaused(tapeId, paused),
    setTapeLayers: (tapeId: string, isWanted: boolean) => plane().setTapeLayers(tapeId, isWanted),
    flushTape: (tapeId: string) => plane().flushTape(tapeId),
    stopTape: (tapeId: string, reason: string) => plane().stopTape(tapeId, reason),
    setMuted: (stream: StreamKey, kind: MediaKind, muted: boolean) => plane().setMuted(stream, kind, muted),
    requestKeyframe: (stream: StreamKey) => plane().requestKeyframe(stream),
    describe: () => JSON.parse(JSON.stringify(describe())) as unknown,
  },
  close,
});

async function open(settings: MediaSettings, peer: IpcPeer): Promise<{ port: number }> {
  const { bindAddress: address, announcedAddresses, tapeFlushMs, tapeSyncMs } = settings;
  const log = createPinoLog({ level: settings.logLevel, process: settings.name });
  const announced = announcedAddresses.length === 0 ? {} : { announcedAddresses };
  const transports = await createNativeTransportFactory({
    address,
    port: settings.port,
    ...announced,
    clock,
    log,
  }).catch((error: unknown) => refuse(error, settings));
  const gateway = await TcpGateway.listen({
    address,
    port: settings.port,
    udpAddress: reachable(address),
    udpPort: transports.port,
    clock,
    log,
  }).catch(async (error: unknown) => {
    await transports.close();
    return refuse(error, settings);
  });
  const media = createMediaPlane({
    transports,
    clock,
    ids: createSystemIds(),
    log,
    onEvent: (event) => peer.emit(event),
    tapeOptions: { limits: { writeDelayMs: tapeFlushMs, syncDelayMs: tapeSyncMs } },
    extraCandidates: transports.addresses.map((ip, index) => tcpPassiveCandidate(ip, gateway.port, index)),
  });
  running = { plane: media, transports, gateway };
  return { port: transports.port };
}

async function close(): Promise<void> {
  const closing = running;
  running = undefined;
  await closing?.plane.close();
  await closing?.gateway.close();
  await closing?.transports.close();
}

function plane(): MediaPlane {
  if (running !== undefined) return running.plane;
  throw new RoomtapeError('MEDIA_UNAVAILABLE', 'the media process is closing', { blame: 'system', retryable: true });
}

function describe(): Record<string, unknown> {
  if (running === undefined) return {};
  const { plane: media, transports, gateway } = running;
  return { ...media.describe(), transport: transports.describe(), gateway: gateway.describe() };
}

/** Where the wildcard address is reached from this machine. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

function refuse(error: unknown, { bindAddress, port }: MediaSettings): never {
  const cause = (error as { cause?: { code?: unknown } }).cause?.code;
  if (typeof cause !== 'string' || !BIND_ERRORS.includes(cause)) throw error;
  const message = `cannot receive media on ${bindAddress}:${port} (${cause}): choose another ROOMTAPE_MEDIA_PORT or ROOMTAPE_MEDIA_HOST`;
  throw new RoomtapeError('PORT_IN_USE', message, { blame: 'caller', retryable: true });
}
