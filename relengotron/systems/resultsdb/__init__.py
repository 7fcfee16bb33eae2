"""ResultsDB, where test results are kept."""
