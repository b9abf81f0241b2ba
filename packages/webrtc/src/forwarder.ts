// Forwards a stream's packets to its viewers as they arrive: one rewritten copy per kind of answer, patched for
// each viewer and lent to its transport. Keeps no queue; a viewer that cannot take a packet loses it.

import type { MediaKind } from '@roomtape/media';
import type { InboundPacket, InboundTrack } from './inbound-track.ts';
import { PacketRewriter } from './packet-rewriter.ts';
import type { PlaySession } from './play-session.ts';

/** The viewers of one stream. */
export class Forwarder {
  forwardedPackets = 0;
  readonly #viewers = new Set<PlaySession>();
  readonly #rewriter = new PacketRewriter();

  /** Viewers now. */
  get viewers(): ReadonlySet<PlaySession> {
    return this.#viewers;
  }

  /** Adds a viewer; packets reach it once it is connected. */
  add(viewer: PlaySession): void {
    this.#viewers.add(viewer);
  }

  /** Removes a viewer. */
  remove(viewer: PlaySession): void {
    this.#viewers.delete(viewer);
  }

  /** Forwards a packet to every viewer that takes it. */
  push(track: InboundTrack, inbound: InboundPacket): void {
    if (this.#viewers.size === 0) {
      track.ring.hold(track.keepsKeyframe);
      return;
    }
    track.ring.hold(true);
    let written = '';
    for (const viewer of this.#viewers) {
      if (!viewer.connected) continue;
      const out = viewer.tracks.find((candidate) => candidate.media.kind === track.kind);
      if (out === undefined || !out.takes(track, inbound)) continue;
      if (written !== out.profile.key) {
        if (!this.#rewriter.write(inbound.packet, track.media.extensions, out.profile)) return;
        written = out.profile.key;
      }
      out.forward(inbound, this.#rewriter, inbound.arrivedAt);
      this.forwardedPackets += 1;
    }
  }

  /** Passes on that a sender restarted its numbering. */
  restart(track: InboundTrack): void {
    for (const out of this.#tracksOf(track.kind)) out.restart(track);
  }

  *#tracksOf(kind: MediaKind): Iterable<PlaySession['tracks'][number]> {
    for (const viewer of this.#viewers) yield* viewer.tracks.filter((track) => track.media.kind === kind);
  }
}
