import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.Properties;

/** Reads masked values of every type, in text and in binary; prints what the JDBC driver made of them. */
public class MaskedValues {
  public static void main(String[] statements) throws Exception {
    for (String threshold : new String[] {"0", "-1"}) {
      Properties properties = new Properties();
      properties.setProperty("user", System.getenv("PGUSER"));
      properties.setProperty("password", System.getenv("PGPASSWORD"));
      properties.setProperty("sslmode", System.getenv("PGSSLMODE"));
      properties.setProperty("prepareThreshold", threshold);
      try (Connection connection = DriverManager.getConnection(System.getenv("CHAPERONE_JDBC_URL"), properties)) {
        for (String statement : statements) {
          try (PreparedStatement prepared = connection.prepareStatement(statement);
              ResultSet result = prepared.executeQuery()) {
            result.next();
            StringBuilder line = new StringBuilder();
            for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) line.append(shown(result.getObject(i))).append(" | ");
            System.out.println(line);
          }
        }
      }
    }
  }

  static String shown(Object value) throws Exception {
    if (value instanceof java.sql.Array) return Arrays.toString((Object[]) ((java.sql.Array) value).getArray());
    if (value instanceof byte[]) return "bytes " + ((byte[]) value).length;
    return String.valueOf(value);
  }
}
