import { createSeededIds, unixUs } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { BandwidthEstimator, type PathState } from './bandwidth-estimator.ts';
import { type LayerOffer, LayerSelector } from './layer-selector.ts';
import { TwccReceiver } from './twcc-receiver.ts';
import { TwccSender } from './twcc-sender.ts';

type Path = { capacityBps: number; readonly queueMsMax: number; readonly delayMs: number; lossRatio: number };
type Offered = (state: PathState, nowUs: number) => number;
type InFlight = { readonly sequence: number; readonly arrivesUs: number };

/** Sends 1200-byte packets over a bottleneck with a drop-tail queue, in fake time, with real feedback packets. */
class PathSimulation {
  readonly estimator = new BandwidthEstimator();
  readonly path: Path;
  readonly #sender = new TwccSender();
  readonly #receiver = new TwccReceiver({ senderSsrc: 1 });
  readonly #random = createSeededIds(7);
  readonly #flight: InFlight[] = [];
  #freeUs = 0;
  #nowUs = 1_000_000_000;
  #creditBytes = 0;

  constructor(path: Path) {
    this.path = path;
  }

  run(seconds: number, offered: Offered): PathState[] {
    const states: PathState[] = [];
    for (const endUs = this.#nowUs + seconds * 1_000_000; this.#nowUs < endUs; this.#nowUs += 1000) {
      this.#creditBytes += offered(this.estimator.state, this.#nowUs) / 8000;
      // Bursts as a video sender makes them: everything of 33 ms at once.
      if (this.#nowUs % 33_000 === 0) while (this.#creditBytes >= 1200) this.#send();
      this.#arrive();
      for (const feedback of this.#receiver.due(unixUs(this.#nowUs))) {
        const report = this.#sender.feedback(feedback, unixUs(this.#nowUs + this.path.delayMs * 1000));
        if (report !== undefined) states.push(this.estimator.report(report, report.arrivedAt));
      }
    }
    return states;
  }

  #send(): void {
    this.#creditBytes -= 1200;
    const sequence = this.#sender.stamp(1200, unixUs(this.#nowUs));
    const startUs = Math.max(this.#freeUs, this.#nowUs);
    if (startUs - this.#nowUs > this.path.queueMsMax * 1000) return;
    this.#freeUs = startUs + (1200 * 8 * 1_000_000) / this.path.capacityBps;
    if (this.#random.uint32() / 2 ** 32 < this.path.lossRatio) return;
    this.#flight.push({ sequence, arrivesUs: this.#freeUs + this.path.delayMs * 1000 });
  }

  #arrive(): void {
    while (this.#flight[0] !== undefined && this.#flight[0].arrivesUs <= this.#nowUs) {
      const packet = this.#flight.shift();
      if (packet !== undefined) this.#receiver.received(packet.sequence, 2, unixUs(packet.arrivesUs));
    }
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const obedient: Offered = (state) => state.bitrateBps;

describe('BandwidthEstimator over a bottleneck', () => {
  test.each([500_000, 1_000_000, 3_000_000])('settles between 60 % and 105 % of %i bit/s', (capacityBps) => {
    const simulation = new PathSimulation({ capacityBps, queueMsMax: 300, delayMs: 20, lossRatio: 0 });
    simulation.run(60, obedient);
    const settled = simulation.run(30, obedient).map((s) => s.bitrateBps);
    expect(mean(settled) / capacityBps).toBeGreaterThan(0.6);
    expect(mean(settled) / capacityBps).toBeLessThan(1.05);
  });

  test('falls below a capacity that halves, within three seconds, and rises again with it', () => {
    const simulation = new PathSimulation({ capacityBps: 2_000_000, queueMsMax: 300, delayMs: 20, lossRatio: 0 });
    simulation.run(60, obedient);
    simulation.path.capacityBps = 1_000_000;
    simulation.run(3, obedient);
    expect(simulation.estimator.state.bitrateBps).toBeLessThan(1_050_000);
    simulation.path.capacityBps = 2_000_000;
    simulation.run(60, obedient);
    expect(simulation.estimator.state.bitrateBps).toBeGreaterThan(1_200_000);
  });

  test('does not fall for 1 % of random loss, and yields to 20 %', () => {
    const simulation = new PathSimulation({ capacityBps: 5_000_000, queueMsMax: 300, delayMs: 20, lossRatio: 0.01 });
    simulation.run(30, obedient);
    const before = simulation.estimator.state.bitrateBps;
    expect(before).toBeGreaterThan(1_000_000);
    simulation.path.lossRatio = 0.2;
    simulation.run(10, obedient);
    expect(simulation.estimator.state.bitrateBps).toBeLessThan(before / 2);
    expect(simulation.estimator.state.lossRatio).toBeGreaterThan(0.1);
  });

  test('does not promise much more than an idle sender has shown', () => {
    const simulation = new PathSimulation({ capacityBps: 9_000_000, queueMsMax: 300, delayMs: 20, lossRatio: 0 });
    simulation.run(60, () => 200_000);
    expect(simulation.estimator.state.bitrateBps).toBeLessThan(400_000);
  });
});

describe('LayerSelector over a bottleneck', () => {
  const layers: readonly LayerOffer[] = [
    { rid: 'q', bitrateBps: 150_000 },
    { rid: 'h', bitrateBps: 500_000 },
    { rid: 'f', bitrateBps: 2_000_000 },
  ];
  const share = (chosen: readonly string[], rid: string): number =>
    chosen.filter((c) => c === rid).length / chosen.length;

  const forward = (simulation: PathSimulation, selector: LayerSelector, seconds: number): string[] => {
    const chosen: string[] = [];
    simulation.run(seconds, (state, nowUs) => {
      const rid = selector.select(layers, state, unixUs(nowUs)) ?? 'q';
      chosen.push(rid);
      return layers.find((l) => l.rid === rid)?.bitrateBps ?? 0;
    });
    return chosen;
  };

  test.each([
    [400_000, 'q'],
    [1_000_000, 'h'],
    [5_000_000, 'f'],
  ])('shows a viewer with %i bit/s mostly layer %s', (capacityBps, rid) => {
    const simulation = new PathSimulation({ capacityBps, queueMsMax: 300, delayMs: 20, lossRatio: 0 });
    const selector = new LayerSelector();
    forward(simulation, selector, 15);
    expect(share(forward(simulation, selector, 60), rid)).toBeGreaterThan(0.85);
  });

  test('comes down when the path narrows and goes up when it widens', () => {
    const simulation = new PathSimulation({ capacityBps: 5_000_000, queueMsMax: 300, delayMs: 20, lossRatio: 0 });
    const selector = new LayerSelector();
    expect(forward(simulation, selector, 20).at(-1)).toBe('f');
    simulation.path.capacityBps = 800_000;
    expect(forward(simulation, selector, 5).at(-1)).not.toBe('f');
    expect(share(forward(simulation, selector, 30), 'f')).toBeLessThan(0.2);
    simulation.path.capacityBps = 5_000_000;
    expect(forward(simulation, selector, 60).at(-1)).toBe('f');
  });

  test('has nothing to say without layers, and keeps to the only one', () => {
    const selector = new LayerSelector();
    const state = new BandwidthEstimator().state;
    expect(selector.select([], state, unixUs(0))).toBeUndefined();
    expect(selector.select([{ rid: 'f', bitrateBps: 9e6 }], state, unixUs(1))).toBe('f');
    expect(selector.select([{ rid: 'f', bitrateBps: 9e6 }], state, unixUs(9e6))).toBe('f');
  });
});
