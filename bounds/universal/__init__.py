"""Facts for all real parameters: `case`, `facts`, `unrolled`, `solvers`, `report`."""
