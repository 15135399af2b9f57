"""What people read: charts, one offline page, one workbook, a summary for the terminal. Reads `Result` only."""
