"""What is certified: frozen typed objects with descriptive names; the wire's short names stand in one place per record."""
