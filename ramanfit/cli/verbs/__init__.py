"""One module per verb: it parses, opens outputs and says what happened; each is imported when it is asked for."""
