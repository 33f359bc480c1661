// The balance keeps a copy of itself for when there is no network. Nothing else depends on this script.

if ("serviceWorker" in navigator) {
  const hadWorker = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker
    .register("/sw.js")
    .then(() => navigator.serviceWorker.ready)
    .then((registration) => {
      // The worker has not seen this page being loaded, and is asked to fetch it once more.
      if (!hadWorker) registration.active.postMessage("keep the balance");
    })
    .catch(() => {
      // In a private window, or over plain http, there is no worker: then there is no balance without a network.
    });
}
