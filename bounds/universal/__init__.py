"""Facts for all real parameters: `case`, `facts`, `judge`; claims unrolled: `tree`, `unrolled`."""
