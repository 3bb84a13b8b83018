"""`python -m appliance` is the command `talon`."""

from appliance.cli import main

raise SystemExit(main())
