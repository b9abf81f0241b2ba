// How callbacks of the page are called: what they throw is the page's to see, and stops nothing here.

/** Calls a callback of the page; what it throws goes to the page's own error reporting. */
export function callPage(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
