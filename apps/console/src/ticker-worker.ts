// Ticks from a worker, because a page's own timers slow down when it is in the background.

self.onmessage = (event: MessageEvent<number>) => {
  setInterval(() => self.postMessage(0), event.data);
};
