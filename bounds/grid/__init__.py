"""Every model of a finite grid, checked: `space`, `grid`, `sweep`, `summary`, `store`, `engine`."""
