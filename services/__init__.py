"""The four services of Relais and the runtime they share. A service knows of another only what `contracts` says."""
