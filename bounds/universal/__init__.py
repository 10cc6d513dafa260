"""Facts for all real parameters: `facts`, `case`, `judge`; claims to a horizon: `unrolled`."""
