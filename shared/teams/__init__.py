"""Teams: who decides, and by what words."""
