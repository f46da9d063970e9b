"""What is certified: frozen typed objects with descriptive names; wire names stand in one place per record."""
