"""Pictures as arrays and files: reading, saving, colour, masks, contact sheets, printing."""
