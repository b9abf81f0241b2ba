// The peer of the capture benchmark: one `ffmpeg -c copy` process a stream, receiving the same RTP in the clear
// from UDP. No SRTP, no ICE, no RTCP feedback, no log on disk: all that is in its favour.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readUsage } from '../process-usage.ts';

/** Ports one peer listens on; RTCP is one higher. */
export type PeerPorts = { readonly video: number; readonly audio: number };

/** What the peers left behind. */
export type PeerResult = { readonly frames: readonly number[]; readonly errors: number };

const HOST = '127.0.0.1';

/** Some ffmpeg processes that record. */
export class FfmpegPeers {
  readonly ports: readonly PeerPorts[];
  readonly #folder: string;
  readonly #children: readonly ChildProcess[];

  private constructor(ports: readonly PeerPorts[]) {
    this.ports = ports;
    this.#folder = mkdtempSync(join(tmpdir(), 'roomtape-bench-ffmpeg-'));
    this.#children = ports.map((port, index) => this.#spawn(port, index));
  }

  /** Starts `count` processes that wait for their streams. */
  static async start(count: number): Promise<FfmpegPeers> {
    const ports: PeerPorts[] = [];
    const taken = new Set<number>();
    while (ports.length < count) ports.push({ video: await freePortPair(taken), audio: await freePortPair(taken) });
    return new FfmpegPeers(ports);
  }

  get pids(): number[] {
    return this.#children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Resident memory of all together, MiB. */
  rssMib(): number {
    return readUsage(this.pids).rssBytes / 2 ** 20;
  }

  /** Ends all as a user would, with SIGINT, and counts the video frames in their files. */
  async stop(): Promise<PeerResult> {
    await Promise.all(this.#children.map(endInOrder));
    const frames = this.#children.map((_, index) => countFrames(this.#path(index)));
    rmSync(this.#folder, { recursive: true, force: true });
    return { frames, errors: frames.filter((count) => count === 0).length };
  }

  #path(index: number): string {
    return join(this.#folder, `${index}.mp4`);
  }

  #spawn({ video, audio }: PeerPorts, index: number): ChildProcess {
    const sdp = join(this.#folder, `${index}.sdp`);
    const lines = [
      'v=0',
      `o=- 1 1 IN IP4 ${HOST}`,
      's=-',
      `c=IN IP4 ${HOST}`,
      't=0 0',
      `m=video ${video} RTP/AVP 96`,
      'a=rtpmap:96 H264/90000',
      'a=fmtp:96 packetization-mode=1',
      `m=audio ${audio} RTP/AVP 111`,
      'a=rtpmap:111 opus/48000/2',
    ];
    writeFileSync(sdp, `${lines.join('\r\n')}\r\n`);
    const input = ['-protocol_whitelist', 'file,udp,rtp', '-buffer_size', '4194304', '-i', sdp];
    const output = ['-c', 'copy', '-movflags', '+frag_keyframe', this.#path(index)];
    const args = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-nostats', ...input, ...output];
    return spawn('ffmpeg', args, { stdio: 'ignore' });
  }
}

/** The version of the ffmpeg that is measured. */
export function ffmpegVersion(): string {
  const text = execFileSync('ffmpeg', ['-version'], { encoding: 'utf8' });
  return /version (\S+)/.exec(text)?.[1] ?? 'unknown';
}

async function endInOrder(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

function countFrames(path: string): number {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-show_entries', 'stream=nb_read_packets'];
  try {
    return Number(execFileSync('ffprobe', [...args, '-of', 'csv=p=0', path], { encoding: 'utf8' }).trim()) || 0;
  } catch {
    return 0;
  }
}

/** An even port that was free a moment ago, as RTP wants it (RFC 3550 §11), and the odd one above it. */
async function freePortPair(taken: Set<number>): Promise<number> {
  for (;;) {
    const port = await boundOnce(0);
    if (port === undefined || port % 2 === 1 || taken.has(port)) continue;
    if ((await boundOnce(port + 1)) === undefined) continue;
    taken.add(port);
    return port;
  }
}

async function boundOnce(port: number): Promise<number | undefined> {
  const socket = createSocket('udp4');
  const bound = await new Promise<number | undefined>((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.bind(port, HOST, () => resolve(socket.address().port));
  });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return bound;
}
